// SPDX-License-Identifier: Apache-2.0
#include "plan/healthy.hpp"

#include "plan/tables.hpp"

namespace lb::plan {
namespace {

/// Where things lie once these tables are published.
Layout layout_of(const Tables& tables) {
    Layout layout;
    layout.generation = tables.generation;
    for (const auto& vip : tables.vips)
        layout.vips[vip.key] = {vip.number, vip.base, vip.size, vip.slots, 0, vip.flags};
    for (const auto& backend : tables.backends)
        layout.backends[backend.identity] = {
            backend.index, backend.birth, backend.health, backend.state, 0, backend.drain_timeout};
    return layout;
}

}  // namespace

HealthView all_up(const Spec& spec) {
    HealthView health;
    for (const auto& target : targets(spec))
        health[target].verdict = HealthVerdict::up;
    return health;
}

Standings all_healthy(const Spec& spec) {
    const auto health = all_up(spec);
    Standings standings;
    for (const auto& [name, pool] : spec.pools)
        for (const auto& front : fronts(spec, name))
            standings[front] = stand(front, pool, health, {}, {}, 1);
    return standings;
}

Result<Tables> tables_if_healthy(const Spec& spec, const Seed& seed, const Tables* before) {
    auto layout = before ? layout_of(*before) : Layout{};
    layout.limits = spec.node.limits;
    Homes homes{seed};
    return tables(spec, homes, all_healthy(spec), layout, {layout.generation + 1, 1});
}

}  // namespace lb::plan
