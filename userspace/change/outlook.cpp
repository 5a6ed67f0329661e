// SPDX-License-Identifier: Apache-2.0
#include "change/outlook.hpp"

namespace lb::change {
namespace {

BackendHealth& of(HealthView& health, const PreflightView& tried) {
    return health[{{tried.id.pool, tried.via}, tried.id.backend}];
}

bool is_short(const plan::Standing& standing) {
    return standing.healthy < standing.floor;
}

bool closes(const plan::Standing& was, const plan::Standing& is) {
    return is.mode == plan::PoolMode::fail_closed && was.mode != plan::PoolMode::fail_closed;
}

}  // namespace

HealthView begun(HealthView inherited, const std::vector<PreflightView>& preflight, WallTime now) {
    for (const auto& each : preflight) {
        auto& its = of(inherited, each);
        if (its.verdict != HealthVerdict::none || each.result.outcome == Outcome::inconclusive)
            continue;
        const bool passed = each.result.outcome == Outcome::pass;
        its.verdict = passed ? HealthVerdict::up : HealthVerdict::down;
        its.state = state_of(its.verdict);
        its.since = now;
        its.why =
            passed ? "passed its preflight" : "failed its preflight: " + describe(each.result);
    }
    return inherited;
}

HealthView foreseen(HealthView begun, const std::vector<PreflightView>& preflight) {
    for (const auto& each : preflight) {
        if (each.result.outcome != Outcome::fail) continue;
        auto& its = of(begun, each);
        its.verdict = HealthVerdict::down;
        its.state = state_of(its.verdict);
    }
    return begun;
}

std::map<std::string, checklist::VipOutlook> outlook(const Spec& before, const plan::Standings& now,
                                                     const Spec& after,
                                                     const plan::Standings& then) {
    std::map<std::string, checklist::VipOutlook> found;
    for (const auto& [name, vip] : after.vips) {
        const auto& will_be = then.at(front_of(after, vip));
        const auto old = before.vips.find(name);
        if (old == before.vips.end()) {
            found[name] = {0, will_be.healthy, will_be.floor, true};
            continue;
        }
        const auto& was = now.at(front_of(before, old->second));
        const auto floor = plan::stricter(before.pools.at(old->second.pool).min_healthy, will_be);
        found[name] = {was.healthy, will_be.healthy, floor, false,
                       is_short(will_be) && (!is_short(was) || closes(was, will_be))};
    }
    return found;
}

}  // namespace lb::change
