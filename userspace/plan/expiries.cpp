// SPDX-License-Identifier: Apache-2.0
#include "plan/expiries.hpp"

#include <algorithm>

namespace lb::plan {

void Expiries::follow(const std::map<BackendId, Override>& overrides, WallTime wall, Time now) {
    std::map<BackendId, Expiry> next;
    for (const auto& [id, its] : overrides) {
        if (!its.ends()) continue;
        const auto known = expiries_.find(id);
        next[id] = known != expiries_.end() && known->second.until == its.until
                       ? known->second
                       : Expiry{its.until, now + its.left(wall)};
    }
    expiries_ = std::move(next);
}

std::optional<Time> Expiries::next() const {
    const auto first =
        std::min_element(expiries_.begin(), expiries_.end(),
                         [](const auto& a, const auto& b) { return a.second.at < b.second.at; });
    return first == expiries_.end() ? std::nullopt : std::optional{first->second.at};
}

std::vector<BackendId> Expiries::over(Time now) const {
    std::vector<BackendId> result;
    for (const auto& [id, expiry] : expiries_)
        if (expiry.at <= now) result.push_back(id);
    return result;
}

}  // namespace lb::plan
