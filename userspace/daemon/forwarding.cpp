// SPDX-License-Identifier: Apache-2.0
#include "daemon/forwarding.hpp"

#include <algorithm>

namespace lb::daemon {

Result<> Forwarding::publish(const Spec& spec, const HealthView& health,
                             const plan::Overrides& overrides, std::uint64_t generation,
                             Callback settled) {
    plan::Standings standings;
    for (const auto& [name, pool] : spec.pools) {
        const auto old = standings_.find(name);
        const auto before = old == standings_.end() ? plan::PoolMode::normal : old->second.mode;
        standings[name] = plan::stand(name, pool, health, overrides, before);
    }
    auto tables = plan::tables(spec, seed_, standings, dataplane_.layout(), generation);
    if (!tables) return tables.error();
    if (const auto done = dataplane_.publish(*tables, std::move(settled)); !done)
        return done.error();
    spec_ = spec;
    tables_ = std::move(*tables);
    standings_ = std::move(standings);
    return {};
}

PoolEffect Forwarding::reconsider(const std::string& pool, const HealthView& health,
                                  const plan::Overrides& overrides) {
    auto& standing = standings_.at(pool);
    PoolEffect effect;
    effect.before = standing.mode;
    standing = plan::stand(pool, spec_.pools.at(pool), health, overrides, standing.mode);
    for (auto& entry : tables_.backends) {
        if (entry.id.pool != pool) continue;
        const auto& now = standing.backends.at(entry.id.backend);
        // OFF before slots move away, READY before slots move in.
        if (entry.state != now.entry) dataplane_.set_state(entry.index, now.entry);
        if (entry.health != now.health) dataplane_.set_health(entry.index, now.health);
        entry.state = now.entry;
        entry.health = now.health;
    }
    effect.after = standing.mode;
    effect.healthy = standing.healthy;
    effect.ready = standing.ready;
    effect.slots_moved = steer(pool);
    return effect;
}

std::size_t Forwarding::steer(const std::string& pool) {
    const auto members = plan::candidates(pool, spec_.pools.at(pool), standings_.at(pool), tables_);
    std::size_t moved = 0;
    for (auto& vip : tables_.vips) {
        if (spec_.vips.at(vip.name).pool != pool) continue;
        const auto writes = plan::moves(vip.slots, plan::wanted(vip.home, members));
        dataplane_.steer(vip.key, writes);
        for (const auto& [position, word] : writes)
            vip.slots[position] = word;
        moved += writes.size();
    }
    return moved;
}

const BackendEntry* Forwarding::find(const BackendId& id) const {
    const auto at = std::lower_bound(
        tables_.backends.begin(), tables_.backends.end(), id,
        [](const BackendEntry& entry, const BackendId& wanted) { return entry.id < wanted; });
    return at != tables_.backends.end() && at->id == id ? &*at : nullptr;
}

const BackendEntry* Forwarding::find(std::uint32_t index) const {
    const auto at = std::find_if(tables_.backends.begin(), tables_.backends.end(),
                                 [&](const BackendEntry& entry) { return entry.index == index; });
    return at != tables_.backends.end() ? &*at : nullptr;
}

}  // namespace lb::daemon
