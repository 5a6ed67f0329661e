// SPDX-License-Identifier: Apache-2.0
#include "health/inherit.hpp"

namespace lb::health {
namespace {

const Address* address_of(const Spec& spec, const BackendId& id) {
    const auto pool = spec.pools.find(id.pool);
    if (pool == spec.pools.end()) return nullptr;
    const auto backend = pool->second.backends.find(id.backend);
    return backend == pool->second.backends.end() ? nullptr : &backend->second.address;
}

/// What its other targets say, if only the place changed where it is checked.
std::optional<BackendHealth> elsewhere(const HealthView& before, const Spec& was,
                                       const Target& target) {
    if (is_checked_at_vips(was, target.front.pool) == target.front.via.has_value()) return {};
    std::optional<BackendHealth> worst;
    for (const auto& old : targets(was, target.id()))
        if (const auto found = before.find(old); found != before.end())
            worst = worst ? worse(*worst, found->second) : found->second;
    return worst;
}

/// Where somebody was DOWN.
struct Place {
    Address address;
    std::optional<std::uint16_t> port;
    auto operator<=>(const Place&) const = default;
};

using Dead = std::multimap<Place, std::pair<std::optional<Address>, BackendHealth>>;

Dead dead_ones(const HealthView& before, const Spec& was) {
    Dead dead;
    for (const auto& [target, health] : before) {
        if (health.verdict != HealthVerdict::down) continue;
        if (const auto* address = address_of(was, target.id()))
            dead.emplace(Place{*address, check_port(was, target.front.pool)},
                         std::pair{target.front.via, health});
    }
    return dead;
}

/// The same vip, or a check that did not look at one.
std::optional<BackendHealth> died_here(const Dead& dead, const Place& place,
                                       const std::optional<Address>& via) {
    const auto [first, last] = dead.equal_range(place);
    for (auto it = first; it != last; ++it)
        if (const auto& [its_via, health] = it->second; !via || !its_via || via == its_via)
            return health;
    return {};
}

}  // namespace

HealthView inherit(const HealthView& before, const Spec& was, const Spec& is) {
    HealthView after;
    const auto dead = dead_ones(before, was);
    for (const auto& target : targets(is)) {
        const auto& address = *address_of(is, target.id());
        const auto* old = address_of(was, target.id());
        std::optional<BackendHealth> known;
        if (old && *old == address) {
            const auto same = before.find(target);
            known =
                same == before.end() ? elsewhere(before, was, target) : std::optional{same->second};
        }
        if (!known)
            known = died_here(dead, {address, check_port(is, target.front.pool)}, target.front.via);
        if (known) after[target] = std::move(*known);
    }
    return after;
}

}  // namespace lb::health
