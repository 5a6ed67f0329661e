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

}  // namespace

Action check_verb(CLI::App& app) {
    const auto options = std::make_shared<Options>();  // shared by app and action
    app.add_option("file", options->file, "configuration; - is standard input")
        ->required()
        ->option_text("FILE");
    app.add_option("--filename", options->filename, "its name in messages")->option_text("NAME");
    app.add_option("--format", options->format, "text or json; default: as --output says")
        ->check(CLI::IsMember({"text", "json"}));
    app.add_option("--fail-on", options->fail_on, "error: warnings alone exit 0")
        ->check(CLI::IsMember({"warning", "error"}));
    return [options](const Session& session) -> Outcome<Exit> {
        const auto candidate = read_candidate(options->file, options->filename);
        if (!candidate) return tl::unexpected{candidate.error()};
        const auto& findings = candidate->reading.findings;
        const bool as_json = options->format == "json" ||
                             (options->format.empty() && session.format == Format::json);
        std::cout << (as_json ? checklist::as_json(findings, candidate->filename)
                              : checklist::as_text(findings, candidate->filename, candidate->text));
        return exit_of(findings, options->fail_on == "warning");
    };
}

}  // namespace lb::cli
