// SPDX-License-Identifier: Apache-2.0
#include "cli/waiting.hpp"

#include <algorithm>
#include <iostream>
#include <memory>

#include "cli/drain_watch.hpp"
#include "cli/interruption.hpp"
#include "cli/progress.hpp"
#include "cli/views.hpp"

namespace lb::cli {
namespace {

constexpr milliseconds kLook{500};

/// Somebody, or its time, has said otherwise meanwhile.
Ended otherwise(const BackendView& its, const char* wanted) {
    return {Exit::negative,
            its.id.text() + ": is not " + wanted + " any more, it is " + text(its.state)};
}

}  // namespace

Watch until_drained() {
    const auto drain = std::make_shared<DrainWatch>();  // shared by the copies of the function
    return [drain](const Status&, const BackendView& its) -> std::optional<Ended> {
        const auto state = drain->look(its, Clock::now());
        if (state == DrainWatch::State::waiting) return {};
        return Ended{state == DrainWatch::State::undrained ? Exit::negative : Exit::ok,
                     sentence(state, its)};
    };
}

Watch until_eligible() {
    return [](const Status&, const BackendView& its) -> std::optional<Ended> {
        if (its.state != AdminState::ready) return otherwise(its, "ready");
        if (!its.eligible) return {};
        return Ended{Exit::ok, its.id.text() + ": it gets new flows"};
    };
}

Watch until_out() {
    return [](const Status&, const BackendView& its) -> std::optional<Ended> {
        if (its.state != AdminState::maint) return otherwise(its, "in maint");
        if (its.flows != Flows::none) return {};
        return Ended{Exit::ok, its.id.text() + ": it gets no packets"};
    };
}

Watch until_at_rest() {
    return [](const Status& status, const BackendView& its) -> std::optional<Ended> {
        const bool moves = std::ranges::any_of(status.vips, [&](const VipView& vip) {
            return vip.pool == its.id.pool && vip.moving + vip.settling > 0;
        });
        if (moves) return {};
        return Ended{Exit::ok, its.id.text() + ": every flow is where its weight wants it"};
    };
}

Outcome<Exit> wait_for(const Session& asked, const BackendId& id, const std::string& what,
                       const Watch& watch) {
    const Interruption interruption;
    const auto session = interruption.ends(asked);
    // What was asked for is on standard output already, perhaps as one document.
    auto& out = session.format == Format::json ? std::cerr : std::cout;
    out << std::flush;
    std::optional<Ticker> ticker{std::in_place, id.text() + " " + what};
    do {
        const auto status = fetch_status(session);
        if (!status && interrupted(session)) break;
        if (!status) return tl::unexpected{status.error()};
        const auto all = backends_of(*status);
        const auto found = std::ranges::find(all, id, &BackendView::id);
        if (found == all.end()) return fail(Exit::unknown, id.text() + ": was removed");
        const auto ended = watch(*status, *found);
        if (!ended) continue;
        ticker.reset();
        out << ended->words << "\n";
        return ended->exit;
    } while (!interrupted(session, kLook));
    return cut_short(id.text() + " " + what + " all the same (see: lbctl backend show " +
                     id.text() + ")");
}

}  // namespace lb::cli
