// SPDX-License-Identifier: Apache-2.0
#include <cmath>
#include <map>

#include "checklist/rules.hpp"
#include "model/target.hpp"

namespace lb::checklist {
namespace {

/// "12100ms = (1+5%)*interval 10s + (3-1)*fast_interval 500ms + timeout 500ms"
std::string formula(const Check& check) {
    return std::to_string(check.detection_bound().count()) + "ms = (1+" +
           std::to_string(check.jitter_percent) + "%)*interval " + print_duration(check.interval) +
           " + (" + std::to_string(check.fall) + "-1)*fast_interval " +
           print_duration(check.fast_interval) + " + timeout " + print_duration(check.timeout);
}

constexpr milliseconds kSlow{10'000};
constexpr milliseconds kTooSlow{60'000};
constexpr auto kFaster = "lower interval, fall or timeout";

}  // namespace

void attempts_end_before_the_next(const Spec& spec, Report& report) {
    for (const auto& [name, pool] : spec.pools) {
        if (!pool.check) continue;
        const auto& check = *pool.check;
        if (check.timeout > check.fast_interval || check.fast_interval > check.interval)
            report.add(check.where, named("pool", name),
                       "timeout " + print_duration(check.timeout) + ", fast_interval " +
                           print_duration(check.fast_interval) + ", interval " +
                           print_duration(check.interval) + ": not in ascending order",
                       "timeout <= fast_interval <= interval");
    }
}

void detection_is_quick(const Spec& spec, Report& report) {
    for (const auto& [name, pool] : spec.pools) {
        if (!pool.check) continue;
        const auto bound = pool.check->detection_bound();
        if (bound > kSlow && bound <= kTooSlow)
            report.add(pool.check->where, named("pool", name),
                       "a dead backend may stay for more than 10s: " + formula(*pool.check),
                       kFaster);
    }
}

void detection_is_bounded(const Spec& spec, Report& report) {
    for (const auto& [name, pool] : spec.pools)
        if (pool.check && pool.check->detection_bound() > kTooSlow)
            report.add(pool.check->where, named("pool", name),
                       "a dead backend may stay for more than 60s: " + formula(*pool.check),
                       kFaster);
}

void one_lost_packet_decides_nothing(const Spec& spec, Report& report) {
    for (const auto& [name, pool] : spec.pools)
        if (pool.check && (pool.check->rise == 1 || pool.check->fall == 1))
            report.add(pool.check->where, named("pool", name),
                       "rise or fall is 1: one lost packet decides", "2 or more");
}

void silence_is_longer_than_detection(const Spec& spec, Report& report) {
    for (const auto& [name, pool] : spec.pools)
        if (pool.check && pool.check->stale_after < pool.check->detection_bound())
            report.add(pool.check->where, named("pool", name),
                       "stale_after " + print_duration(pool.check->stale_after) +
                           " is less than the detection bound: " + formula(*pool.check),
                       "raise stale_after");
}

/// A check that is wrong about somebody has shown it by then, and once more.
void changes_are_watched(const Spec& spec, Report& report) {
    const auto bound = longest_detection(spec);
    if (spec.node.verify_window < 3 * bound)
        report.add(spec.node.where, "node",
                   "verify_window " + print_duration(spec.node.verify_window) +
                       " is less than three times the longest detection time, " +
                       print_duration(bound),
                   "at least " + print_duration(3 * bound) + ", or leave it out");
}

void holds_grow(const Spec& spec, Report& report) {
    for (const auto& [name, pool] : spec.pools)
        if (pool.hold_down_max < pool.hold_down)
            report.add(pool.where, named("pool", name),
                       "hold_down_max " + print_duration(pool.hold_down_max) +
                           " is less than hold_down " + print_duration(pool.hold_down),
                       "raise hold_down_max");
}

/// At fast_interval, with every backend in doubt at once: the budget must hold on the worst day.
void checks_fit_the_budget(const Spec& spec, Report& report) {
    double all = 0;
    std::map<Address, std::pair<double, Where>> by_address;  // and where it is first
    for (const auto& [name, pool] : spec.pools) {
        if (!pool.check || pool.check->is_none()) continue;
        const double each = 1000.0 * static_cast<double>(fronts(spec, name).size()) /
                            static_cast<double>(pool.check->fast_interval.count());
        for (const auto& [backend, its] : pool.backends) {
            all += each;
            by_address.try_emplace(its.address, 0, its.where).first->second.first += each;
        }
    }
    const auto exceeds = [&](double need, int budget, const std::string& object,
                             const std::string& key, const Where& where) {
        if (need > budget)
            report.add(where, object,
                       "checks need " + std::to_string(static_cast<long>(std::ceil(need))) +
                           " per second at fast_interval, " + key + " is " + std::to_string(budget),
                       "raise fast_interval or the budget");
    };
    exceeds(all, spec.node.max_checks_per_second, "node", "max_checks_per_second", spec.node.where);
    for (const auto& [address, its] : by_address)
        exceeds(its.first, spec.node.max_checks_per_backend, "address " + address.text(),
                "node.max_checks_per_backend", its.second);
}

}  // namespace lb::checklist
