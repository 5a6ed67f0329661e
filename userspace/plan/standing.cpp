// SPDX-License-Identifier: Apache-2.0
#include "plan/standing.hpp"

namespace lb::plan {
namespace {

PoolMode mode_of(const Standing& pool, int checking, AllDown policy, PoolMode before) {
    if (pool.healthy > 0 || pool.ready == 0) return PoolMode::normal;
    if (before == PoolMode::normal && checking > 0) return PoolMode::normal;
    return policy == AllDown::fail_open ? PoolMode::fail_open : PoolMode::fail_closed;
}

void decide(Standing::Backend& backend, PoolMode mode) {
    const bool concluded = backend.health != HealthState::checking;
    const bool usable =
        backend.health == HealthState::up || (mode == PoolMode::fail_open && concluded);
    backend.eligible = backend.admin == AdminState::ready && usable;
    if (backend.eligible)
        backend.entry = LB_BACKEND_READY;
    else if (backend.admin == AdminState::drain && backend.health == HealthState::up)
        backend.entry = LB_BACKEND_DRAIN;
    else
        backend.entry = LB_BACKEND_OFF;
}

}  // namespace

const char* text(PoolMode mode) {
    if (mode == PoolMode::normal) return "normal";
    return mode == PoolMode::fail_open ? "fail_open" : "fail_closed";
}

Standing stand(const std::string& name, const Pool& pool, const HealthView& health,
               const Overrides& overrides, PoolMode before) {
    Standing standing;
    int checking = 0;
    for (const auto& [backend_name, spec] : pool.backends) {
        const BackendId id{name, backend_name};
        auto& backend = standing.backends[backend_name];
        const auto override_found = overrides.find(id);
        backend.admin = override_found == overrides.end() ? spec.state : override_found->second;
        if (const auto found = health.find(id); found != health.end())
            backend.health = found->second.state;
        if (backend.admin != AdminState::ready) continue;
        ++standing.ready;
        if (backend.health == HealthState::checking) ++checking;
        if (backend.health == HealthState::up && spec.weight > 0) ++standing.healthy;
    }
    standing.mode = mode_of(standing, checking, pool.all_down, before);
    for (auto& [backend_name, backend] : standing.backends)
        decide(backend, standing.mode);
    return standing;
}

}  // namespace lb::plan
