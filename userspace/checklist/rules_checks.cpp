// SPDX-License-Identifier: Apache-2.0
/// What a change makes of checks, and of the policy that stands where they fail.
#include <algorithm>

#include "checklist/change.hpp"
#include "checklist/otherwise.hpp"
#include "checklist/succession.hpp"
#include "checklist/weaker.hpp"

namespace lb::checklist {
namespace {

/// "10 backends", "vip \"shop\" from pool \"web\""
std::string whose(const Change& change, const Succession& succession) {
    if (!succession.stays()) return succession.text();
    const auto backends = change.after.pools.at(succession.after).backends.size();
    return std::to_string(backends) + " backends";
}

}  // namespace

void checks_stay(const Change& change, Report& report) {
    if (std::ranges::all_of(change.after.pools,
                            [](const auto& each) { return is_checked(each.second); }))
        return;
    for (const auto& each : successions(change.before, change.after))
        if (loses_its_check(each, change.before, change.after))
            report.add({}, named("pool", each.after),
                       "check REMOVED (" + whose(change, each) + "; generation " +
                           std::to_string(change.generation) + " had " +
                           text(change.before.pools.at(each.before).check->type) + ")",
                       "keep it");
}

void checks_stay_as_strict(const Change& change, Report& report) {
    for (const auto& each : successions(change.before, change.after)) {
        if (!is_checked(change.before.pools.at(each.before)) ||
            !is_checked(change.after.pools.at(each.after)))
            continue;
        const auto how = weakened(change, each);
        if (!how.empty())
            report.add({}, named("pool", each.after),
                       "check WEAKENED (" + whose(change, each) + "): " + how, "keep it");
    }
}

/// What is weaker is refused, and so is looked at.  A backend that is moved is checked by what its
/// new pool asks.
void checks_ask_the_same(const Change& change, Report& report) {
    for (const auto& each : successions(change.before, change.after)) {
        const auto& before = change.before.pools.at(each.before);
        const auto& after = change.after.pools.at(each.after);
        if (!is_checked(before) || !is_checked(after)) continue;
        if ((!each.stays() && each.vips.empty()) || !weakened(change, each).empty()) continue;
        const auto how = asks_otherwise(*before.check, *after.check);
        if (!how.empty())
            report.add({}, named("pool", each.after),
                       "check asks for something else (" + whose(change, each) + "): " + how,
                       "is it meant, and spelt so?");
    }
}

/// A backend that is moved has no part in it: it is what a vip does when all of them fail.
void the_door_stays_open(const Change& change, Report& report) {
    for (const auto& each : successions(change.before, change.after)) {
        const bool stood_open = change.before.pools.at(each.before).all_down == AllDown::fail_open;
        const bool closes = change.after.pools.at(each.after).all_down == AllDown::fail_closed;
        if (!stood_open || !closes || (!each.stays() && each.vips.empty())) continue;
        report.add(
            {}, named("pool", each.after),
            "all_down fail_open -> fail_closed" + (each.stays() ? "" : " (" + each.text() + ")"),
            "keep fail_open: checks can be wrong about all backends at once");
    }
}

void new_pools_are_checked(const Change& change, Report& report) {
    for (const auto& [name, pool] : change.after.pools)
        if (!change.before.pools.contains(name) && !is_checked(pool))
            report.add({}, named("pool", name), "new, and unchecked from its first day",
                       "give it a check");
}

}  // namespace lb::checklist
