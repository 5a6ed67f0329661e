// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/verb.hpp"
#include "cli/views.hpp"
#include "cli/words.hpp"
#include "model/json.hpp"

namespace lb::cli {
namespace {

struct Options {
    std::string generation;
    std::string comment;
    std::vector<std::string> accepts;
    std::string reason;
    bool dry_run = false;
};

}  // namespace

Action rollback_verb(CLI::App& app) {
    const auto options = std::make_shared<Options>();  // shared by app and action
    app.add_option("generation", options->generation,
                   "which; default: the newest before the running one that was not rolled back")
        ->option_text("[N]");
    app.add_option("--comment", options->comment, "why, kept with the generation");
    app.add_option("--accept", options->accepts, "let one rule pass for one object; repeatable")
        ->option_text("RULE:NAME")
        ->allow_extra_args(false);
    app.add_option("--reason", options->reason, "why that is right, for --accept");
    app.add_flag("--dry-run", options->dry_run, "say what would change");
    return [options](const Session& session) -> Outcome<Exit> {
        const auto answer = session.client().post(
            "/api/v1/rollback",
            json::print_strings({{"generation", options->generation},
                                 {"comment", options->comment},
                                 {"accept", joined(options->accepts, ",")},
                                 {"reason", options->reason},
                                 {"dry_run", options->dry_run ? "true" : "false"}}));
        if (!answer) return tl::unexpected{answer.error()};
        const auto change = understand(json::parse_change(*answer));
        if (!change) return tl::unexpected{change.error()};
        std::cout << (session.format == Format::json ? json::print(*change)
                                                     : told(*change, options->dry_run));
        return Exit::ok;
    };
}

}  // namespace lb::cli
