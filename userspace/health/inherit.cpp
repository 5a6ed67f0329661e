// SPDX-License-Identifier: Apache-2.0
#include "health/inherit.hpp"

#include <algorithm>

#include "base/in_order.hpp"
#include "health/preflight.hpp"

namespace lb::health {
namespace {

const Address* address_of(const Spec& spec, const Target& target) {
    const auto pool = spec.pools.find(target.front.pool);
    if (pool == spec.pools.end()) return nullptr;
    const auto backend = pool->second.backends.find(target.backend);
    return backend == pool->second.backends.end() ? nullptr : &backend->second.address;
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
        if (const auto* address = address_of(was, target))
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

/// Everybody of one configuration, and what the one before knew of them.
class Heirs {
public:
    Heirs(const HealthView& before, const Spec& was, const Spec& is, const HealthView& restored)
        : before_{before}, was_{was}, is_{is}, same_{before}, restored_{restored} {}

    HealthView all() {
        HealthView after;
        const decltype(Pool::backends) nobody;
        for (const auto& [name, pool] : is_.pools)
            for (const auto& front : fronts(is_, name)) {
                const auto had = was_.pools.find(name);
                InOrder were{had == was_.pools.end() ? nobody : had->second.backends};
                Target target{front, ""};
                for (const auto& [backend, its] : pool.backends) {
                    target.backend = backend;
                    if (auto known = of(target, were.find(backend), its.address, pool.check))
                        after.emplace_hint(after.end(), target, fit(std::move(*known), pool.check));
                }
            }
        return after;
    }

private:
    /// `old`: the backend of that name, as it was.
    std::optional<BackendHealth> of(const Target& target, const BackendSpec* old,
                                    const Address& address, const std::optional<Check>& check) {
        if (const auto* its = restored_.find(target)) return *its;
        const bool unchecked = check && check->is_none();
        const auto* same = same_.find(target);
        const bool stayed = old && old->address == address;
        if (stayed && same) return *same;
        std::optional<BackendHealth> known;
        if (stayed && (unchecked || is_checked_at_vips(was_, target.front.pool) !=
                                        target.front.via.has_value()))  // another place
            known = elsewhere(before_, was_, target);
        return known ? known : of_the_dead(target, address, unchecked);
    }

    std::optional<BackendHealth> of_the_dead(const Target& target, const Address& address,
                                             bool unchecked) {
        if (!dead_) dead_ = dead_ones(before_, was_);
        if (unchecked) return died_anywhere(*dead_, address).value_or(new_and_unchecked());
        if (dead_->empty()) return {};
        return died_here(*dead_, {address, check_port(is_, target.front.pool)}, target.front.via);
    }

    const HealthView& before_;
    const Spec &was_, &is_;
    InOrder<HealthView> same_, restored_;
    std::optional<Dead> dead_;  // made for the first who needs it
};

}  // namespace

HealthView inherit(const HealthView& before, const Spec& was, const Spec& is,
                   const HealthView& restored) {
    return Heirs{before, was, is, restored}.all();
}

HealthView as_before(const HealthView& before, const Spec& was, const Spec& undone,
                     const Spec& is) {
    HealthView found;
    InOrder healths{before};
    for (const auto& target : targets_to_be_tried(undone, is)) {
        const auto* its = healths.find(target);
        if (!its) continue;
        const auto *then = address_of(was, target), *now = address_of(is, target);
        if (then && now && *then == *now) found.emplace_hint(found.end(), target, *its);
    }
    return found;
}

}  // namespace lb::health
