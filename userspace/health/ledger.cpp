// SPDX-License-Identifier: Apache-2.0
#include "health/ledger.hpp"

#include <set>

namespace lb::health {

void Ledger::Page::record(const CheckResult& result, WallTime now) const {
    ++backend->results[static_cast<std::size_t>(result.outcome)];
    if (result.outcome != Outcome::pass)
        ++backend->reasons[static_cast<std::size_t>(result.reason)];
    if (result.outcome == Outcome::inconclusive) return;
    pool->add(result.duration);
    target->heard_at = now;
}

void Ledger::keep(const std::vector<Target>& targets) {
    const std::set<Target> stay{targets.begin(), targets.end()};
    std::set<BackendId> backends;
    std::set<std::string> pools;
    for (const auto& target : targets) {
        backends.insert(target.id());
        pools.insert(target.front.pool);
    }
    std::erase_if(figures_.targets, [&](const auto& its) { return !stay.contains(its.first); });
    std::erase_if(figures_.backends,
                  [&](const auto& its) { return !backends.contains(its.first); });
    std::erase_if(figures_.pools, [&](const auto& its) { return !pools.contains(its.first); });
}

Ledger::Page Ledger::open(const Target& target) {
    return {&figures_.backends[target.id()], &figures_.targets[target],
            &figures_.pools[target.front.pool]};
}

}  // namespace lb::health
