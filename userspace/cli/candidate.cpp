// SPDX-License-Identifier: Apache-2.0
#include "cli/candidate.hpp"

#include <filesystem>
#include <iostream>
#include <utility>

#include "base/file.hpp"
#include "checklist/format.hpp"
#include "checklist/registry.hpp"
#include "config/print.hpp"
#include "config/reader.hpp"

namespace lb::cli {

Outcome<Candidate> read_candidate(const std::string& path, const std::string& shown_as) {
    auto text = read_file(path);
    if (!text) return tl::unexpected{Failure{Exit::invalid, text.error().what, {}}};
    const auto folder =
        path == "-" ? std::filesystem::path{} : std::filesystem::path{path}.parent_path();
    const auto beside = [&folder](const std::string& named) { return read_file(folder / named); };
    Candidate candidate{!shown_as.empty() ? shown_as
                        : path == "-"     ? "<stdin>"
                                          : path,
                        std::move(*text),
                        {},
                        {}};
    candidate.reading = config::read(candidate.text, beside);
    candidate.review =
        checklist::review(candidate.reading, day_of(std::chrono::system_clock::now()));
    return candidate;
}

Outcome<Candidate> read_to_send(const std::string& path, const std::string& shown_as) {
    auto candidate = read_candidate(path, shown_as);
    if (!candidate) return candidate;
    const auto& findings = candidate->review.findings;
    std::cerr << checklist::as_text(findings, candidate->filename, candidate->text);
    if (has_errors(findings))
        return tl::unexpected{
            Failure{Exit::invalid,
                    candidate->filename + ": invalid configuration; nothing was sent to lbd",
                    {}}};
    return candidate;
}

std::map<std::string, std::string> body_of(const Candidate& candidate) {
    return {{"config", config::print(candidate.reading.spec, config::Secrets::shown)},
            {"filename", candidate.filename}};
}

}  // namespace lb::cli
