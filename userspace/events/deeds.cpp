// SPDX-License-Identifier: Apache-2.0
#include "events/deeds.hpp"

#include <string_view>

namespace lb::events {
namespace {

/// Of "pool \"web\": check http REMOVED"; "" if it is about something else.
std::string pool_in(std::string_view difference) {
    constexpr std::string_view kBegin = "pool \"", kEnd = "\": ";
    if (!difference.starts_with(kBegin)) return {};
    difference.remove_prefix(kBegin.size());
    const auto end = difference.find(kEnd);
    return end == difference.npos ? "" : std::string{difference.substr(0, end)};
}

bool is_change(const Event& event) {
    return event.kind == "config.publish" || event.kind == "config.rollback";
}

}  // namespace

Pools pools_of(const Event& deed) {
    std::set<std::string> pools;
    if (!deed.pool.empty()) pools.insert(deed.pool);
    for (const auto& difference : deed.differences) {
        auto pool = pool_in(difference);
        if (pool.empty()) return {};
        pools.insert(std::move(pool));
    }
    if (pools.empty()) return {};
    return pools;
}

bool may_concern(const Pools& pools, const std::string& pool) {
    return !pools || pool.empty() || pools->contains(pool);
}

bool is_word(const Event& event) {
    return event.kind.starts_with("admin.") && event.kind != "admin.note";
}

bool is_undo(const Event& event) {
    return event.kind == "config.rollback" && !event.actor;
}

bool is_soon_after(const Event* before, const Event& event) {
    return before && event.at - before->at <= kSoon;
}

void Deeds::add(const Event& event) {
    if (event.kind == "config.publish") published_[event.generation] = &event;
    if (is_change(event) || is_word(event)) deeds_[&event] = pools_of(event);
}

const Event* Deeds::publication(std::uint64_t generation) const {
    const auto known = published_.find(generation);
    return known == published_.end() ? nullptr : known->second;
}

/// An undo takes back exactly one change, and is about what that was about.
Pools Deeds::pools_of(const Event& deed) const {
    const auto* undone = is_undo(deed) ? publication(deed.previous) : nullptr;
    return events::pools_of(undone ? *undone : deed);
}

bool Deeds::may_concern(const Event* deed, const std::string& pool) const {
    const auto known = deeds_.find(deed);
    return known == deeds_.end() || events::may_concern(known->second, pool);
}

const Event* Deeds::cause_of(const Event& harm) const {
    bool is_before_undo = false;
    for (auto at = deeds_.rbegin(); at != deeds_.rend(); ++at) {
        const auto& [deed, pools] = *at;
        if (!is_soon_after(deed, harm)) return nullptr;
        if (!events::may_concern(pools, harm.pool)) continue;
        is_before_undo |= is_undo(*deed);
        if (!is_before_undo || is_word(*deed)) return deed;
    }
    return nullptr;
}

const Event* Deeds::undo_before(const Event& harm) const {
    for (auto at = deeds_.rbegin(); at != deeds_.rend(); ++at) {
        const auto& [deed, pools] = *at;
        if (!is_soon_after(deed, harm)) return nullptr;
        if (is_undo(*deed) && events::may_concern(pools, harm.pool)) return deed;
    }
    return nullptr;
}

}  // namespace lb::events
