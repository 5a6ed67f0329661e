// SPDX-License-Identifier: Apache-2.0
#include "plan/slow_start.hpp"

#include <algorithm>

#include "plan/slots.hpp"

namespace lb::plan {
namespace {

constexpr int kSlowSteps = 10;
constexpr int kFirstShare = Candidate::kWhole / kSlowSteps;

bool is_enough(const Standing& standing) {
    return standing.mode == PoolMode::normal;
}

}  // namespace

void SlowStart::note(const Front& front, const Pool& pool, const Standing& before,
                     const Standing& now, Time at) {
    for (const auto& [name, its] : now.backends) {
        const auto was = before.backends.at(name).health;
        const bool is_up = its.health == HealthVerdict::up;
        if (is_up && was == HealthVerdict::up && is_enough(now)) continue;
        starts_.erase({front, name});
        if (is_up && was == HealthVerdict::down && is_enough(before) && is_enough(now) &&
            pool.slow_start.count() > 0)
            starts_[{front, name}] = {at, kFirstShare};
    }
}

void SlowStart::advance(const Spec& spec, Time now) {
    for (auto& [target, its] : starts_) {
        const auto pool = spec.pools.find(target.front.pool);
        const bool is_over = pool == spec.pools.end() || pool->second.slow_start.count() == 0;
        const auto step =
            is_over ? kSlowSteps : (now - its.since) * kSlowSteps / pool->second.slow_start;
        its.share = static_cast<int>(std::min<long>(step + 1, kSlowSteps)) * kFirstShare;
    }
}

int SlowStart::share(const Target& target) const {
    const auto start = starts_.find(target);
    return start == starts_.end() ? Candidate::kWhole : start->second.share;
}

void SlowStart::end_some() {
    std::erase_if(starts_,
                  [](const auto& start) { return start.second.share >= Candidate::kWhole; });
}

}  // namespace lb::plan
