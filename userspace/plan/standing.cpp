// SPDX-License-Identifier: Apache-2.0
#include "plan/standing.hpp"

#include <algorithm>

#include "base/in_order.hpp"

namespace lb::plan {
namespace {

/// The longest time from the return of a backend to UP, if none of its checks fails.
milliseconds return_bound(const Pool& pool) {
    if (!pool.check || pool.check->is_none()) return {};
    const auto& check = *pool.check;
    return check.interval * (100 + check.jitter_percent) / 100 +
           (check.rise - 1) * check.fast_interval + check.timeout;
}

bool has_held(Nanoseconds since, milliseconds length, Nanoseconds now) {
    const auto needed = std::chrono::nanoseconds{length}.count();
    return since != 0 && now - since >= static_cast<Nanoseconds>(needed);
}

bool is_over(const Standing& open, const Pool& pool, Nanoseconds now) {
    if (open.enough_since == 0) return false;
    return open.healthy == open.ready || has_held(open.many_since, return_bound(pool), now) ||
           has_held(open.enough_since, pool.fail_open_exit_after, now);
}

/// Since when a thing has been so that is so now: as before, or from now on.
Nanoseconds since(bool is_so, Nanoseconds before, Nanoseconds now) {
    if (!is_so) return 0;
    return before != 0 ? before : now;
}

PoolMode mode_of(const Standing& standing, bool checking, const Pool& pool, PoolMode before,
                 Nanoseconds now) {
    if (standing.ready == 0) return PoolMode::normal;
    if (before == PoolMode::fail_open && pool.all_down == AllDown::fail_open)
        return is_over(standing, pool, now) ? PoolMode::normal : PoolMode::fail_open;
    if (standing.healthy >= standing.floor) return PoolMode::normal;
    if (before == PoolMode::normal && checking) return PoolMode::normal;
    return pool.all_down == AllDown::fail_open ? PoolMode::fail_open : PoolMode::fail_closed;
}

void decide(Standing::Backend& backend, const Standing& standing) {
    const bool is_up = backend.health == HealthVerdict::up;
    bool usable = is_up && (!backend.is_backup || standing.backups_serve);
    if (standing.mode == PoolMode::fail_open) usable = !backend.is_checking;
    if (standing.mode == PoolMode::fail_closed) usable = false;
    backend.eligible = backend.admin == AdminState::ready && usable;
    if (backend.eligible)
        backend.entry = LB_BACKEND_READY;
    else if (is_up && backend.admin != AdminState::maint)
        backend.entry = LB_BACKEND_DRAIN;  // no new flows, and nothing against those it has
    else
        backend.entry = LB_BACKEND_OFF;
}

AdminState admin_state(const Target& target, const BackendSpec& spec, const Overrides& overrides) {
    if (overrides.empty()) return spec.state;
    const auto said = overrides.find(target.id());
    return said == overrides.end() ? spec.state : said->second;
}

/// `health`: what is known of it, if anything is.
Standing::Backend known(AdminState admin, const BackendSpec& spec, const BackendHealth* health) {
    Standing::Backend backend;
    backend.admin = admin;
    backend.is_backup = spec.backup;
    if (!health) return backend;
    backend.health = health->verdict;
    backend.is_checking = health->state == HealthState::checking;
    return backend;
}

}  // namespace

const char* text(PoolMode mode) {
    if (mode == PoolMode::normal) return "normal";
    return mode == PoolMode::fail_open ? "fail_open" : "fail_closed";
}

std::map<Front, ModeChange> changes_of_mode(const Standings& before, const Standings& after) {
    std::map<Front, ModeChange> found;
    for (const auto& [front, standing] : before)
        if (standing.mode != PoolMode::normal && !after.contains(front))
            found[front] = {standing.mode, {}, 0, 0};
    for (const auto& [front, now] : after) {
        const auto known = before.find(front);
        const auto was = known == before.end() ? PoolMode::normal : known->second.mode;
        if (was != now.mode) found[front] = {was, now.mode, now.healthy, now.ready};
    }
    return found;
}

Standing stand(const Front& front, const Pool& pool, const HealthView& health,
               const Overrides& overrides, const Standing& before, Nanoseconds now) {
    struct {
        int ready = 0, weighty = 0, healthy = 0;
    } firsts, backups;
    Standing standing;
    bool checking = false;
    Target target{front, ""};
    InOrder healths{health, target};
    for (const auto& [backend_name, spec] : pool.backends) {
        target.backend = backend_name;
        const auto backend =
            known(admin_state(target, spec, overrides), spec, healths.find(target));
        standing.backends.emplace_hint(standing.backends.end(), backend_name, backend);
        if (backend.admin != AdminState::ready) continue;
        auto& count = spec.backup ? backups : firsts;
        ++count.ready;
        count.weighty += spec.weight > 0;
        count.healthy += backend.health == HealthVerdict::up && spec.weight > 0;
        checking |= backend.is_checking;
    }
    standing.floor = pool.min_healthy.of(firsts.ready);
    standing.backups_serve = firsts.healthy < standing.floor;
    standing.ready = firsts.weighty + (standing.backups_serve ? backups.weighty : 0);
    standing.healthy = firsts.healthy + (standing.backups_serve ? backups.healthy : 0);
    const bool enough = standing.healthy >= standing.floor;
    const bool many = standing.healthy * 100 >= standing.ready * pool.fail_open_exit_percent;
    standing.enough_since = since(enough, before.enough_since, now);
    standing.many_since = since(enough && many, before.many_since, now);
    standing.mode = mode_of(standing, checking, pool, before.mode, now);
    for (auto& [backend_name, backend] : standing.backends)
        decide(backend, standing);
    return standing;
}

int stricter(const Floor& other, const Standing& standing) {
    const auto ready = std::ranges::count_if(standing.backends, [](const auto& entry) {
        return entry.second.admin == AdminState::ready && !entry.second.is_backup;
    });
    return std::max(standing.floor, other.of(static_cast<int>(ready)));
}

Standing later(const Standing& standing, const Pool& pool, Nanoseconds now) {
    auto next = standing;
    if (standing.mode != PoolMode::fail_open || !is_over(standing, pool, now)) return next;
    next.mode = PoolMode::normal;
    for (auto& [name, backend] : next.backends)
        decide(backend, next);
    return next;
}

}  // namespace lb::plan
