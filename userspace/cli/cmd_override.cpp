// SPDX-License-Identifier: Apache-2.0
/// drain, ready, maint: set the admin state of one backend over what the file says.
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/verb.hpp"
#include "model/json.hpp"

namespace lb::cli {
namespace {

struct Options {
    std::string backend;
    std::string reason;
    bool dry_run = false;
};

std::string sentence(const std::string& backend, const ChangeView& change, bool dry_run) {
    if (!change.changed) return backend + ": is " + change.after + " already\n";
    return backend + ": " + change.before + " -> " + change.after +
           (dry_run ? " (not done: --dry-run)\n" : "\n");
}

Action declare(CLI::App& app, AdminState state) {
    const auto options = std::make_shared<Options>();  // shared by app and action
    app.add_option("backend", options->backend, "which")->required()->option_text("POOL/BACKEND");
    app.add_option("--reason", options->reason, "why, for those who come after")->required();
    app.add_flag("--dry-run", options->dry_run, "say what would change");
    return [options, state](const Session& session) -> Outcome<Exit> {
        const auto id = read_backend(options->backend);
        if (!id) return tl::unexpected{id.error()};
        const auto body = json::print_strings({{"state", text(state)},
                                               {"reason", options->reason},
                                               {"dry_run", options->dry_run ? "true" : "false"}});
        const auto answer =
            session.client().post("/api/v1/backends/" + id->text() + "/state", body);
        if (!answer)
            return tl::unexpected{
                with_suggestion(session, answer.error(), id->text(), backend_names)};
        const auto change = understand(json::parse_change(*answer));
        if (!change) return tl::unexpected{change.error()};
        std::cout << (session.format == Format::json
                          ? json::print(*change)
                          : sentence(id->text(), *change, options->dry_run));
        return Exit::ok;
    };
}

}  // namespace

Action drain_verb(CLI::App& app) {
    return declare(app, AdminState::drain);
}
Action ready_verb(CLI::App& app) {
    return declare(app, AdminState::ready);
}
Action maint_verb(CLI::App& app) {
    return declare(app, AdminState::maint);
}

}  // namespace lb::cli
