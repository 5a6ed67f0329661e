// SPDX-License-Identifier: Apache-2.0
#include "cli/candidate.hpp"

#include <filesystem>
#include <iostream>
#include <optional>
#include <utility>

#include <unistd.h>

#include "base/file.hpp"
#include "checklist/format.hpp"
#include "checklist/registry.hpp"
#include "cli/progress.hpp"
#include "cli/table.hpp"
#include "config/print.hpp"
#include "config/reader.hpp"

namespace lb::cli {

Outcome<Candidate> read_candidate(const std::string& path, const std::string& shown_as) {
    std::optional<Ticker> ticker;
    const auto name = !shown_as.empty() ? shown_as : path == "-" ? "<stdin>" : path;
    const bool is_typed = path == "-" && isatty(STDIN_FILENO) == 1;  // by whom we do not interrupt
    if (!is_typed) ticker.emplace(paint(name, Ink::none, {}) + " is looked at");
    auto text = read_file(path);
    if (!text) return tl::unexpected{Failure{Exit::invalid, text.error().what, {}}};
    const auto folder =
        path == "-" ? std::filesystem::path{} : std::filesystem::path{path}.parent_path();
    const auto beside = [&folder](const std::string& named) { return read_file(folder / named); };
    Candidate candidate{name, std::move(*text), {}, {}};
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
