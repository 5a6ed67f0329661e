// SPDX-License-Identifier: Apache-2.0
/// drain, ready, maint: set the admin state of one backend over what the file says.
#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>
#include <thread>

#include <CLI/CLI.hpp>

#include "cli/drain_watch.hpp"
#include "cli/progress.hpp"
#include "cli/verb.hpp"
#include "cli/views.hpp"
#include "cli/words.hpp"
#include "model/json.hpp"

namespace lb::cli {
namespace {

constexpr std::chrono::milliseconds kLook{500};

struct OverrideOptions {
    std::string backend;
    std::string reason;
    std::string length;  ///< as typed; empty: until it is set again
    std::vector<std::string> accepts;
    bool dry_run = false;
    bool wait = false;
};

std::string sentence(const std::string& backend, const ChangeView& change, bool dry_run) {
    if (!change.changed) return backend + ": is " + change.after + " already\n";
    const auto end = change.until == WallTime{} ? "" : " until " + full_time(change.until);
    return backend + ": " + change.before + " -> " + change.after + end +
           (dry_run ? " (not done: --dry-run)\n" : "\n");
}

std::string request_for(AdminState state, const OverrideOptions& options) {
    std::map<std::string, std::string> request{{"state", text(state)},
                                               {"reason", options.reason},
                                               {"dry_run", options.dry_run ? "true" : "false"}};
    if (!options.length.empty()) request["for"] = options.length;
    if (!options.accepts.empty()) request["accept"] = joined(options.accepts, ",");
    return json::print_strings(request);
}

/// Until the backend that drains is done.
Outcome<Exit> wait_for_drain(const Session& session, const BackendId& id) {
    // What was asked for is on standard output already, perhaps as one document.
    auto& out = session.format == Format::json ? std::cerr : std::cout;
    out << std::flush;
    std::optional<Ticker> ticker{std::in_place, id.text() + " drains"};
    for (DrainWatch watch;; std::this_thread::sleep_for(kLook)) {
        const auto status = fetch_status(session);
        if (!status) return tl::unexpected{status.error()};
        const auto all = backends_of(*status);
        const auto found = std::find_if(all.begin(), all.end(),
                                        [&](const auto& backend) { return backend.id == id; });
        if (found == all.end())
            return tl::unexpected{Failure{Exit::unknown, id.text() + ": was removed", {}}};
        const auto state = watch.look(*found, Clock::now());
        if (state == DrainWatch::State::waiting) continue;
        ticker.reset();
        out << cli::sentence(state, *found) << "\n";
        return state == DrainWatch::State::undrained ? Exit::negative : Exit::ok;
    }
}

Outcome<Exit> change_state(const Session& session, AdminState state,
                           const OverrideOptions& options) {
    const auto id = read_backend(options.backend);
    if (!id) return tl::unexpected{id.error()};
    const auto answer = session.client().post("/api/v1/backends/" + id->text() + "/state",
                                              request_for(state, options), id->text());
    if (!answer)
        return tl::unexpected{with_suggestion(session, answer.error(), id->text(), backend_names)};
    const auto change = understand(json::parse_change(*answer));
    if (!change) return tl::unexpected{change.error()};
    std::cout << (session.format == Format::json ? json::print(*change)
                                                 : sentence(id->text(), *change, options.dry_run));
    if (options.wait && !options.dry_run) return wait_for_drain(session, *id);
    return Exit::ok;
}

Action declare(CLI::App& app, AdminState state) {
    const auto options = std::make_shared<OverrideOptions>();  // shared by app and action
    app.add_option("backend", options->backend, "which")->required()->option_text("POOL/BACKEND");
    app.add_option("--reason", options->reason, "why, for those who come after")->required();
    app.add_option("--for", options->length, "then it is over, such as 10m")
        ->option_text("DURATION");
    app.add_option("--accept", options->accepts, "let one rule pass for one object: LB703:VIP")
        ->option_text("RULE:NAME")
        ->allow_extra_args(false);
    app.add_flag("--dry-run", options->dry_run, "say what would change");
    if (state == AdminState::drain)
        app.add_flag("--wait", options->wait, "until it gets no packets any more");
    return
        [options, state](const Session& session) { return change_state(session, state, *options); };
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
