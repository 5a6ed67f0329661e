// SPDX-License-Identifier: Apache-2.0
#include "cli/candidate.hpp"

#include <filesystem>
#include <utility>

#include "base/file.hpp"
#include "checklist/registry.hpp"
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

}  // namespace lb::cli
