// SPDX-License-Identifier: Apache-2.0
/// What a verification expects of the way back: that it mends what it was made for.
#include <algorithm>

#include "change/verification.hpp"
#include "checklist/succession.hpp"

namespace lb::change {

/// Vips that only the change had are gone, and what it took from checks is theirs again.
void Verification::taken_back(const Vitals& now, Time at) {
    std::erase_if(terms_.vips, [&](const auto& name) { return !now.spec.vips.contains(name); });
    std::erase_if(usual_, [&](const auto& its) { return !now.spec.vips.contains(its.first); });
    lost_.clear();
    since_.clear();
    conclusions_.clear();
    published_ = at;
    is_taken_back_ = true;
    for (const auto& name : terms_.vips)
        note_conclusions(now, name);
}

void Verification::overlook(const Traffic& now) {
    since_.assign(1, now);
}

milliseconds Verification::recovery(const Spec& spec) const {
    milliseconds longest{0};
    for (const auto& name : terms_.vips) {
        const auto vip = spec.vips.find(name);
        if (vip == spec.vips.end()) continue;
        const auto& pool = spec.pools.at(vip->second.pool);
        if (!checklist::is_checked(pool)) continue;
        const auto& check = *pool.check;
        longest = std::max(longest, check.interval * (100 + check.jitter_percent) / 100 +
                                        (check.rise - 1) * check.fast_interval + check.timeout);
    }
    return longest;
}

}  // namespace lb::change
