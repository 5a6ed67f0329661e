// SPDX-License-Identifier: Apache-2.0
#include "checklist/parked.hpp"

namespace lb::checklist {
namespace {

bool is_parked(const Spec& spec, const BackendId& id) {
    const auto pool = spec.pools.find(id.pool);
    if (pool == spec.pools.end()) return false;
    const auto backend = pool->second.backends.find(id.backend);
    return backend != pool->second.backends.end() && backend->second.state != AdminState::ready;
}

}  // namespace

Parked::Parked(const Spec& running) {
    for (const auto& [name, pool] : running.pools)
        for (const auto& [backend, its] : pool.backends)
            if (its.state != AdminState::ready) open_.insert({name, backend});
}

void Parked::before(WallTime at, const Spec& spec) {
    std::erase_if(open_, [&](const BackendId& id) { return !is_parked(spec, id); });
    for (const auto& id : open_)
        since_[id] = at;
}

}  // namespace lb::checklist
