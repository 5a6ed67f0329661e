// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <map>

#include "checklist/rules.hpp"
#include "model/target.hpp"

namespace lb::checklist {
namespace {

constexpr std::size_t kMostVipsAtOneAddress = 255;  // LB_MAX_SERVICES

void compare(const Spec& spec, const std::string& what, std::uint64_t needed, std::uint64_t limit,
             Report& report) {
    if (needed > limit)
        report.add(
            spec.node.where, "node limits",
            std::to_string(needed) + " " + what + " needed, the maps hold " + std::to_string(limit),
            "raise node.limits." + what + " or have fewer");
}

}  // namespace

void floor_can_be_met(const Spec& spec, Report& report) {
    for (const auto& [name, pool] : spec.pools) {
        const auto able = std::count_if(pool.backends.begin(), pool.backends.end(),
                                        [](const auto& each) { return each.second.weight > 0; });
        if (able > 0 && !pool.min_healthy.is_percent && pool.min_healthy.value > able)
            report.add(pool.where, named("pool", name),
                       "min_healthy " + pool.min_healthy.text() +
                           " can never be met: " + std::to_string(able) + " backends have a weight",
                       "lower min_healthy, or add backends");
    }
}

void pools_have_a_spare(const Spec& spec, Report& report) {
    for (const auto& [name, pool] : spec.pools)
        if (pool.backends.size() == 1)
            report.add(pool.where, named("pool", name), "a single backend: no spare", "add one");
}

void failing_checks_leave_the_door_open(const Spec& spec, Report& report) {
    for (const auto& [name, pool] : spec.pools)
        if (pool.all_down == AllDown::fail_closed)
            report.add(pool.where, named("pool", name),
                       "all_down: fail_closed: a fault of the checker stops the vip",
                       "use fail_open");
}

void everything_fits_into_the_maps(const Spec& spec, Report& report) {
    const auto backends = targets(spec).size();
    std::uint64_t slots = 0, sources = 0;
    std::map<Address, std::size_t> vips_at;
    for (const auto& [name, vip] : spec.vips) {
        slots += 2 * std::uint64_t{vip.slots};  // two halves
        sources += source_count(vip);
        if (++vips_at[vip.address] == kMostVipsAtOneAddress + 1)
            report.add(vip.where, named("vip", name),
                       "more than " + std::to_string(kMostVipsAtOneAddress) + " vips at " +
                           vip.address.text(),
                       "use port ranges, or another address");
    }
    compare(spec, "vips", spec.vips.size(), spec.node.limits.vips, report);
    compare(spec, "backends", backends, spec.node.limits.backends, report);
    compare(spec, "slots", slots, spec.node.limits.slots, report);
    compare(spec, "sources", sources, spec.node.limits.sources, report);
}

void weights_add_up(const Spec& spec, Report& report) {
    const auto is_zero = [](const auto& backend) { return backend.second.weight == 0; };
    for (const auto& [name, pool] : spec.pools)
        if (!pool.backends.empty() &&
            std::all_of(pool.backends.begin(), pool.backends.end(), is_zero))
            report.add(pool.where, named("pool", name), "all weights are 0: nobody gets a slot",
                       "give one backend a weight");
}

void every_pool_has_backends(const Spec& spec, Report& report) {
    for (const auto& [name, pool] : spec.pools)
        if (pool.backends.empty())
            report.add(pool.where, named("pool", name), "no backends (an empty inventory group?)",
                       "add backends, or remove the pool and its vips");
}

/// Maglev gives each backend its share up to one slot: with 100 for each that is 1 %.
void slots_are_many(const Spec& spec, Report& report) {
    constexpr std::size_t per_backend = 100;
    for (const auto& [name, vip] : spec.vips) {
        const auto pool = spec.pools.find(vip.pool);
        if (pool == spec.pools.end() || vip.slots >= per_backend * pool->second.backends.size())
            continue;
        report.add(vip.where, named("vip", name),
                   std::to_string(vip.slots) + " slots for " +
                       std::to_string(pool->second.backends.size()) +
                       " backends: more than 1 % of imbalance",
                   "use 65537 or 655373 slots");
    }
}

}  // namespace lb::checklist
