// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "checklist/format.hpp"
#include "cli/candidate.hpp"
#include "cli/verb.hpp"
#include "cli/views.hpp"
#include "cli/words.hpp"
#include "config/print.hpp"
#include "model/json.hpp"

namespace lb::cli {
namespace {

struct Options {
    std::string file;
    std::string filename;
    std::string comment;
    std::vector<std::string> accepts;
    std::string reason;
    bool dry_run = false;
};

/// lbd opens no file that a client names: what it gets is complete.
std::string request_for(const Candidate& candidate, const Options& options) {
    return json::print_strings(
        {{"config", config::print(candidate.reading.spec, config::Secrets::shown)},
         {"filename", candidate.filename},
         {"comment", options.comment},
         {"accept", joined(options.accepts, ",")},
         {"reason", options.reason},
         {"dry_run", options.dry_run ? "true" : "false"}});
}

}  // namespace

Action apply_verb(CLI::App& app) {
    const auto options = std::make_shared<Options>();  // shared by app and action
    app.add_option("file", options->file, "configuration; - is standard input")
        ->required()
        ->option_text("FILE");
    app.add_option("--filename", options->filename, "its name in messages")->option_text("NAME");
    app.add_option("--comment", options->comment, "why, kept with the generation");
    app.add_option("--accept", options->accepts, "let one rule pass for one object; repeatable")
        ->option_text("RULE:NAME")
        ->allow_extra_args(false);
    app.add_option("--reason", options->reason, "why that is right, for --accept");
    app.add_flag("--dry-run", options->dry_run, "say what would change");
    return [options](const Session& session) -> Outcome<Exit> {
        const auto candidate = read_candidate(options->file, options->filename);
        if (!candidate) return tl::unexpected{candidate.error()};
        const auto& findings = candidate->review.findings;
        std::cerr << checklist::as_text(findings, candidate->filename, candidate->text);
        if (has_errors(findings))
            return tl::unexpected{
                Failure{Exit::invalid,
                        candidate->filename + ": invalid configuration; nothing was sent to lbd",
                        {}}};
        const auto answer = session.client().post(
            "/api/v1/apply", request_for(*candidate, *options), candidate->filename);
        if (!answer) return tl::unexpected{answer.error()};
        const auto change = understand(json::parse_change(*answer));
        if (!change) return tl::unexpected{change.error()};
        std::cout << (session.format == Format::json ? json::print(*change)
                                                     : told(*change, options->dry_run));
        return Exit::ok;
    };
}

}  // namespace lb::cli
