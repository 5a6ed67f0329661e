// SPDX-License-Identifier: Apache-2.0
/// detach: forwarding ends.  A living lbd does it; with lbd dead its pins are removed here.
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "cli/host.hpp"
#include "cli/pins.hpp"
#include "model/json.hpp"

namespace lb::cli {
namespace {

struct DetachOptions {
    std::string pins;
    bool dry_run = false;
};

Outcome<Exit> print_change(const Session& session, const ChangeView& change,
                           const std::string& sentence) {
    std::cout << (session.format == Format::json ? json::print(change) : sentence);
    return Exit::ok;
}

Outcome<Exit> remove_what_is_left(const Session& session, const DetachOptions& options) {
    if (geteuid() != 0)
        return tl::unexpected{
            Failure{Exit::permission,
                    "lbd does not run, and only root can remove its pins (try: sudo lbctl detach)",
                    {}}};
    const auto pins = pins_in(options.pins);
    if (!pins) return tl::unexpected{Failure{Exit::failed, pins.error().what, {}}};
    ChangeView change;
    change.changed = !pins->empty();
    change.before = pins->empty() ? "detached" : "attached";
    change.after = "detached";
    if (pins->empty())
        return print_change(session, change,
                            "detached already: nothing below " + options.pins + "\n");
    std::string sentence =
        options.dry_run ? "lbd does not run; would remove\n" : "lbd does not run; removed\n";
    for (const auto& pin : *pins)
        sentence += "  " + pin + "\n";
    if (options.dry_run) return print_change(session, change, sentence);
    if (const auto removed = remove_pins(*pins); !removed)
        return tl::unexpected{Failure{Exit::failed, removed.error().what, {}}};
    return print_change(session, change, sentence + "forwarding has ended\n");
}

}  // namespace

Action detach_verb(CLI::App& app) {
    const auto options = std::make_shared<DetachOptions>();  // shared by app and action
    declare_pins(app, options->pins);
    app.add_flag("--dry-run", options->dry_run, "say what would be removed");
    return [options](const Session& session) -> Outcome<Exit> {
        const auto alive = session.client().get("/healthz");
        if (!alive && alive.error().exit == Exit::unreachable)
            return remove_what_is_left(session, *options);
        if (!alive) return tl::unexpected{alive.error()};
        ChangeView change{true, 0, "attached", "detached", {}};
        if (options->dry_run)
            return print_change(session, change, "lbd runs; would ask it to detach\n");
        const auto answer = session.client().post("/api/v1/detach", "{}");
        if (!answer) return tl::unexpected{answer.error()};
        const auto done = understand(json::parse_change(*answer));
        if (!done) return tl::unexpected{done.error()};
        return print_change(session, *done,
                            done->changed ? "lbd detached its programs: forwarding has ended\n"
                                          : "detached already\n");
    };
}

}  // namespace lb::cli
