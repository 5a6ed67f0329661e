// SPDX-License-Identifier: Apache-2.0
/// What is published, for who wants to know.
#include <algorithm>

#include "daemon/forwarding.hpp"

namespace lb::daemon {

bool Forwarding::knows(const BackendId& id) const {
    const auto pool = spec_.pools.find(id.pool);
    return pool != spec_.pools.end() && pool->second.backends.contains(id.backend);
}

const BackendEntry* Forwarding::find(const Target& target) const {
    const auto at = std::lower_bound(
        tables_.backends.begin(), tables_.backends.end(), target,
        [](const BackendEntry& entry, const Target& wanted) { return entry.target < wanted; });
    return at != tables_.backends.end() && at->target == target ? &*at : nullptr;
}

std::vector<plan::Guest> Forwarding::guests() const {
    std::vector<plan::Guest> found;
    for (const auto& entry : tables_.guests)
        found.push_back({entry.target, entry.address, entry.forward});
    return found;
}

const BackendEntry* Forwarding::find_guest(const Target& target) const {
    const auto at = std::find_if(tables_.guests.begin(), tables_.guests.end(),
                                 [&](const BackendEntry& entry) { return entry.target == target; });
    return at != tables_.guests.end() ? &*at : find(target);
}

const BackendEntry* Forwarding::find(std::uint32_t index) const {
    const auto at = std::find_if(tables_.backends.begin(), tables_.backends.end(),
                                 [&](const BackendEntry& entry) { return entry.index == index; });
    return at != tables_.backends.end() ? &*at : nullptr;
}

std::map<Target, int> Forwarding::partial() const {
    std::map<Target, int> found;
    for (const auto& [target, start] : slow_start_.starts()) {
        const auto standing = standings_.find(target.front);
        if (standing == standings_.end()) continue;
        const auto its = standing->second.backends.find(target.backend);
        if (its != standing->second.backends.end() && its->second.share < plan::Candidate::kWhole)
            found.emplace(target, its->second.share);
    }
    return found;
}

bool Forwarding::spares(const Target& target) const {
    const auto standing = standings_.find(target.front);
    return standing != standings_.end() && standing->second.mode == plan::PoolMode::normal &&
           standing->second.healthy >= standing->second.floor;
}

}  // namespace lb::daemon
