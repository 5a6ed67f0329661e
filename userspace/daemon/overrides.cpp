// SPDX-License-Identifier: Apache-2.0
#include "daemon/overrides.hpp"

namespace lb::daemon {
namespace {

const BackendSpec* find(const Spec& spec, const BackendId& id) {
    const auto pool = spec.pools.find(id.pool);
    if (pool == spec.pools.end()) return nullptr;
    const auto backend = pool->second.backends.find(id.backend);
    return backend == pool->second.backends.end() ? nullptr : &backend->second;
}

template <class Value>
Overrides surviving(Overrides overrides, const Spec& before, const Spec& after,
                    Value BackendSpec::*value) {
    std::erase_if(overrides, [&](const auto& entry) {
        const auto* was = find(before, entry.first);
        const auto* is = find(after, entry.first);
        return !was || !is || was->*value != is->*value;
    });
    return overrides;
}

}  // namespace

Overrides surviving(Overrides overrides, const Spec& before, const Spec& after) {
    return surviving(std::move(overrides), before, after, &BackendSpec::state);
}

Overrides surviving_weights(Overrides weights, const Spec& before, const Spec& after) {
    return surviving(std::move(weights), before, after, &BackendSpec::weight);
}

Overrides without(Overrides overrides, const Overrides& others) {
    std::erase_if(overrides, [&](const auto& entry) { return others.contains(entry.first); });
    return overrides;
}

plan::Overrides states(const Overrides& overrides) {
    plan::Overrides result;
    for (const auto& [id, its] : overrides)
        result[id] = its.state;
    return result;
}

Spec weighted(Spec spec, const Overrides& weights) {
    for (const auto& [id, its] : weights) {
        const auto pool = spec.pools.find(id.pool);
        if (pool == spec.pools.end()) continue;
        if (const auto backend = pool->second.backends.find(id.backend);
            backend != pool->second.backends.end())
            backend->second.weight = its.weight;
    }
    return spec;
}

}  // namespace lb::daemon
