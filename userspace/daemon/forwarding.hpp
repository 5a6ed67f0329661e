// SPDX-License-Identifier: Apache-2.0
/// Forwarding: keeps the maps equal to plan(spec, health, overrides).
///
/// Invariant: after every call the maps hold what plan/ says about the published spec, the health
/// view and the overrides that were given last.
#pragma once

#include <string>
#include <vector>

#include "base/loop.hpp"
#include "dataplane/dataplane.hpp"
#include "plan/tables.hpp"

namespace lb::daemon {

/// What a change of health or admin state did to a pool.
struct PoolEffect {
    plan::PoolMode before = plan::PoolMode::normal;
    plan::PoolMode after = plan::PoolMode::normal;
    int healthy = 0;
    int ready = 0;
    std::size_t slots_moved = 0;
};

class Forwarding {
public:
    Forwarding(dataplane::Dataplane& dataplane, const Seed& seed)
        : dataplane_{dataplane}, seed_{seed} {}

    /// Makes `spec` the published one, all or nothing.  `settled`: the next may follow.
    Result<> publish(const Spec& spec, const HealthView& health, const plan::Overrides& overrides,
                     std::uint64_t generation, Callback settled);

    /// After a backend of `pool` changed its health or admin state: entries first, then slots.
    PoolEffect reconsider(const std::string& pool, const HealthView& health,
                          const plan::Overrides& overrides);

    const Spec& spec() const { return spec_; }
    const Tables& tables() const { return tables_; }
    const plan::Standings& standings() const { return standings_; }
    const BackendEntry* find(const BackendId& id) const;
    const BackendEntry* find(std::uint32_t index) const;

private:
    std::size_t steer(const std::string& pool);

    dataplane::Dataplane& dataplane_;
    Seed seed_;
    Spec spec_;
    Tables tables_;  // its slots mirror the active halves
    plan::Standings standings_;
};

}  // namespace lb::daemon
