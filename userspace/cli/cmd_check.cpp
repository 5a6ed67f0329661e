// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "checklist/format.hpp"
#include "cli/candidate.hpp"
#include "cli/verb.hpp"

namespace lb::cli {
namespace {

struct Options {
    std::string file;
    std::string filename;
    std::string format;
    std::string fail_on = "warning";
};

Exit exit_of(const Findings& findings, bool warnings_count) {
    if (has_errors(findings)) return Exit::invalid;
    return findings.empty() || !warnings_count ? Exit::ok : Exit::negative;
}

std::string format_of(const Options& options, const Session& session) {
    if (!options.format.empty()) return options.format;
    return session.format == Format::json ? "json" : "text";
}

std::string printed(const Candidate& candidate, const std::string& format, bool warnings_fail) {
    const auto& [filename, text, reading, review] = candidate;
    if (format == "json") return checklist::as_json(review.findings, filename);
    if (format == "sarif") return checklist::as_sarif(review, filename);
    if (format == "junit") return checklist::as_junit(review, filename, warnings_fail);
    if (format == "checklist") return checklist::as_checklist(review, filename);
    return checklist::as_text(review.findings, filename, text);
}

}  // namespace

Action check_verb(CLI::App& app) {
    const auto options = std::make_shared<Options>();  // shared by app and action
    app.add_option("file", options->file, "configuration; - is standard input")
        ->required()
        ->option_text("FILE");
    app.add_option("--filename", options->filename, "its name in messages")->option_text("NAME");
    app.add_option("--format", options->format, "default: text, or json as --output says")
        ->check(CLI::IsMember({"text", "json", "sarif", "junit", "checklist"}));
    app.add_option("--fail-on", options->fail_on, "error: warnings alone exit 0")
        ->check(CLI::IsMember({"warning", "error"}));
    return [options](const Session& session) -> Outcome<Exit> {
        const auto candidate = read_candidate(options->file, options->filename);
        if (!candidate) return tl::unexpected{candidate.error()};
        const bool warnings_fail = options->fail_on == "warning";
        std::cout << printed(*candidate, format_of(*options, session), warnings_fail);
        return exit_of(candidate->review.findings, warnings_fail);
    };
}

}  // namespace lb::cli
