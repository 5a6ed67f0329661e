// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "checklist/format.hpp"
#include "cli/candidate.hpp"
#include "cli/change_terms.hpp"
#include "config/print.hpp"

namespace lb::cli {
namespace {

struct Options {
    std::string file;
    std::string filename;
    ChangeTerms terms;
};

}  // namespace

Action apply_verb(CLI::App& app) {
    const auto options = std::make_shared<Options>();  // shared by app and action
    app.add_option("file", options->file, "configuration; - is standard input")
        ->required()
        ->option_text("FILE");
    app.add_option("--filename", options->filename, "its name in messages")->option_text("NAME");
    declare(app, options->terms);
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
        // lbd opens no file that a client names: what it gets is complete
        return ask_for_change(
            session, "/api/v1/apply",
            {{"config", config::print(candidate->reading.spec, config::Secrets::shown)},
             {"filename", candidate->filename}},
            options->terms, candidate->filename);
    };
}

}  // namespace lb::cli
