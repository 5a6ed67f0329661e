// SPDX-License-Identifier: Apache-2.0
#include "health/inherit.hpp"

#include <algorithm>

namespace lb::health {
namespace {

const Address* address_of(const Spec& spec, const BackendId& id) {
    const auto pool = spec.pools.find(id.pool);
    if (pool == spec.pools.end()) return nullptr;
    const auto backend = pool->second.backends.find(id.backend);
    return backend == pool->second.backends.end() ? nullptr : &backend->second.address;
}

bool is_unchecked(const Spec& spec, const Target& target) {
    const auto& check = spec.pools.at(target.front.pool).check;
    return check && check->is_none();
}

/// What its other targets say.
std::optional<BackendHealth> elsewhere(const HealthView& before, const Spec& was,
                                       const Target& target) {
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

std::optional<BackendHealth> died_anywhere(const Dead& dead, const Address& address) {
    const auto found = std::find_if(dead.begin(), dead.end(), [&](const auto& entry) {
        return entry.first.address == address;
    });
    return found == dead.end() ? std::nullopt : std::optional{found->second.second};
}

/// "not checked until 2026-12-31: moving; it was DOWN: 3 fails in a row: backend.refused"
std::string why_unchecked(const Check& check, const BackendHealth& before) {
    auto why =
        "not checked until " + print_date(check.until.value_or(Date{})) + ": " + check.reason;
    if (before.state == HealthState::unchecked && before.why.starts_with(why)) return before.why;
    if (before.verdict == HealthVerdict::up) return why;
    if (before.state == HealthState::unchecked)
        return why + "; its verdict is " + text(before.verdict);
    return why + "; it was " + text(before.state) + ": " + before.why;
}

/// The state that follows where a check went, or came back; the verdict stays.
BackendHealth fit(BackendHealth health, const std::optional<Check>& check) {
    if (check && check->is_none()) {
        health.why = why_unchecked(*check, health);
        health.state = HealthState::unchecked;
    } else if (health.state == HealthState::unchecked) {
        health.state = state_of(health.verdict);
        health.why = "checked again, its last verdict stands";
    }
    return health;
}

BackendHealth new_and_unchecked() {
    BackendHealth health;
    health.verdict = HealthVerdict::up;
    return health;
}

}  // namespace

HealthView inherit(const HealthView& before, const Spec& was, const Spec& is) {
    HealthView after;
    std::optional<Dead> dead;  // made for the first who needs it
    const auto the_dead = [&]() -> const Dead& {
        if (!dead) dead = dead_ones(before, was);
        return *dead;
    };
    for (const auto& target : targets(is)) {
        const auto& address = *address_of(is, target.id());
        const auto* old = address_of(was, target.id());
        const bool unchecked = is_unchecked(is, target);
        std::optional<BackendHealth> known;
        if (old && *old == address) {
            const auto same = before.find(target);
            if (same != before.end())
                known = same->second;
            else if (unchecked || is_checked_at_vips(was, target.front.pool) !=
                                      target.front.via.has_value())  // another place
                known = elsewhere(before, was, target);
        }
        if (!known)
            known = unchecked ? died_anywhere(the_dead(), address).value_or(new_and_unchecked())
                              : died_here(the_dead(), {address, check_port(is, target.front.pool)},
                                          target.front.via);
        if (known)
            after.emplace_hint(after.end(), target,
                               fit(std::move(*known), is.pools.at(target.front.pool).check));
    }
    return after;
}

}  // namespace lb::health
