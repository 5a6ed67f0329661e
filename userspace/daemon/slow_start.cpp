// SPDX-License-Identifier: Apache-2.0
#include "daemon/slow_start.hpp"

#include <algorithm>

#include "plan/slots.hpp"

namespace lb::daemon {
namespace {

constexpr int kSlowSteps = 10;

}  // namespace

void SlowStart::note(const Front& front, const plan::Standing& before, const plan::Standing& now) {
    if (before.mode != plan::PoolMode::normal || now.mode != plan::PoolMode::normal) return;
    for (const auto& [name, its] : now.backends)
        if (before.backends.at(name).health == HealthVerdict::down &&
            its.health == HealthVerdict::up)
            recovered_[{front, name}] = Loop::now();
}

int SlowStart::share(const Target& target, const Pool& pool) const {
    const auto since = recovered_.find(target);
    if (since == recovered_.end() || pool.slow_start.count() == 0) return plan::Candidate::kWhole;
    const auto step = (Loop::now() - since->second) * kSlowSteps / pool.slow_start;
    return static_cast<int>(std::min<long>(step + 1, kSlowSteps)) * plan::Candidate::kWhole /
           kSlowSteps;
}

std::set<Front> SlowStart::fronts() const {
    std::set<Front> found;
    for (const auto& [target, since] : recovered_)
        found.insert(target.front);
    return found;
}

void SlowStart::end_some(const Spec& spec) {
    std::erase_if(recovered_, [&](const auto& entry) {
        const auto pool = spec.pools.find(entry.first.front.pool);
        return pool == spec.pools.end() ||
               share(entry.first, pool->second) >= plan::Candidate::kWhole;
    });
}

}  // namespace lb::daemon
