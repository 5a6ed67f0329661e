// SPDX-License-Identifier: Apache-2.0
#include "health/coverage.hpp"

namespace lb::health {
namespace {

bool is_covered(const Pool& pool, const Silences& silences, const Target& target) {
    if (!pool.check || pool.check->is_none()) return false;
    const auto found = silences.find(target);
    return found != silences.end() && found->second < pool.check->stale_after;
}

}  // namespace

std::map<Front, Coverage> coverage(const Spec& spec, const Silences& silences) {
    std::map<Front, Coverage> fronts;
    for (const auto& target : targets(spec)) {
        auto& its = fronts[target.front];
        ++its.all;
        if (is_covered(spec.pools.at(target.front.pool), silences, target)) ++its.covered;
    }
    return fronts;
}

}  // namespace lb::health
