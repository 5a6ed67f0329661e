// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/verb.hpp"
#include "model/json.hpp"

namespace lb::cli {
namespace {

struct ConfirmOptions {
    std::string number;  ///< empty: the running one
    bool dry_run = false;
};

/// It waits for a word; its window may still be open.
std::string what_follows(const ChangeView& change, bool dry_run) {
    const auto name = "generation " + std::to_string(change.generation);
    const bool is_open = change.state == GenerationState::verifying;
    if (dry_run)
        return name + " waits for a word, and would be confirmed" +
               (is_open ? "; its verify window is not over, so it can still be undone" : "") +
               " (not done: --dry-run)\n";
    return name + (is_open ? " is confirmed, and stays if nothing goes wrong until its verify "
                             "window is over\n"
                           : " is confirmed\n");
}

}  // namespace

Action confirm_verb(CLI::App& app) {
    const auto options = std::make_shared<ConfirmOptions>();  // shared by app and action
    app.add_option("generation", options->number, "which; default: the running one")
        ->option_text("[N]");
    app.add_flag("--dry-run", options->dry_run, "say what would be confirmed, or why not");
    return [options](const Session& session) -> Outcome<Exit> {
        const auto answer = session.client().post(
            "/api/v1/confirm",
            json::print_strings({{"generation", options->number},
                                 {"dry_run", options->dry_run ? "true" : "false"}}));
        if (!answer) return tl::unexpected{answer.error()};
        const auto change = understand(json::parse_change(*answer));
        if (!change) return tl::unexpected{change.error()};
        std::cout << (session.format == Format::json ? json::print(*change)
                                                     : what_follows(*change, options->dry_run));
        return Exit::ok;
    };
}

}  // namespace lb::cli
