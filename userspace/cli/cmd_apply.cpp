// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/candidate.hpp"
#include "cli/change_terms.hpp"
#include "cli/follow.hpp"
#include "cli/interruption.hpp"
#include "cli/views.hpp"

namespace lb::cli {
namespace {

struct ApplyOptions {
    std::string file;
    std::string filename;
    std::string confirm_within;
    bool no_wait = false;
    ChangeTerms terms;
};

/// Published, and then what became of it.
Outcome<Exit> tell(const Session& session, const ApplyOptions& options, ChangeView change) {
    const bool is_watched = change.changed && !options.terms.dry_run;
    const bool waits = is_watched && !options.no_wait;
    const bool is_table = session.format != Format::json;
    if (is_table || !waits) print_change(session, change, options.terms);
    if (!waits) return Exit::ok;
    const auto followed = follow(session, change);
    if (!followed) return followed;
    if (is_table)
        std::cout << ending(change);
    else
        print_change(session, change, options.terms);
    return Exit::ok;
}

}  // namespace

Action apply_verb(CLI::App& app) {
    const auto options = std::make_shared<ApplyOptions>();  // shared by app and action
    app.add_option("file", options->file, "configuration; - is standard input")
        ->required()
        ->option_text("FILE");
    app.add_option("--filename", options->filename, "its name in messages")->option_text("NAME");
    app.add_option("--confirm-within", options->confirm_within,
                   "undo it unless `lbctl confirm` comes within this time of its publication")
        ->option_text("DURATION");
    app.add_flag("--no-wait", options->no_wait, "end when it is published; lbd goes on watching");
    declare(app, options->terms);
    return [options](const Session& asked) -> Outcome<Exit> {
        const auto candidate = read_to_send(options->file, options->filename);
        if (!candidate) return tl::unexpected{candidate.error()};
        auto body = body_of(*candidate);
        if (!options->confirm_within.empty()) body["confirm_within"] = options->confirm_within;
        const Interruption interruption;
        const auto session = interruption.ends(asked);
        auto change = ask_for_change(session, "/api/v1/apply", std::move(body), options->terms,
                                     candidate->filename);
        if (!change) return tl::unexpected{change.error()};
        return tell(session, *options, std::move(*change));
    };
}

}  // namespace lb::cli
