// SPDX-License-Identifier: Apache-2.0
#include "health/preflight.hpp"

#include <map>
#include <optional>
#include <set>

#include "health/definition.hpp"
#include "model/target.hpp"

namespace lb::health {
namespace {

/// What an attempt does, to whom, and how packets get there.
struct Attempt {
    Definition definition;
    Address backend;
    ForwardMode forward = ForwardMode::ipip;
    bool operator==(const Attempt&) const = default;
};

std::optional<Attempt> attempt(const Spec& spec, const Target& target) {
    const auto& pool = spec.pools.at(target.front.pool);
    if (!pool.check || pool.check->is_none()) return {};
    const auto port = check_port(spec, target.front.pool);
    if (!port && pool.check->type != CheckType::icmp) return {};
    const auto& via = target.front.via;
    const auto& address = pool.backends.at(target.backend).address;
    return Attempt{define(*pool.check, {address, port.value_or(0)}, via), address,
                   via ? pool.forward : ForwardMode::ipip};
}

}  // namespace

Spec to_be_tried(const Spec& before, const Spec& after) {
    std::map<Target, std::optional<Attempt>> known;
    for (const auto& target : targets(before))
        known[target] = attempt(before, target);
    std::set<BackendId> news;
    for (const auto& target : targets(after)) {
        const auto its = attempt(after, target);
        const auto old = known.find(target);
        if (its && (old == known.end() || old->second != its)) news.insert(target.id());
    }
    Spec tried = after;
    for (auto& [name, pool] : tried.pools)
        std::erase_if(pool.backends, [&, pool_name = name](const auto& backend) {
            return !news.contains({pool_name, backend.first});
        });
    std::erase_if(tried.pools, [](const auto& pool) { return pool.second.backends.empty(); });
    std::erase_if(tried.vips,
                  [&](const auto& vip) { return !tried.pools.contains(vip.second.pool); });
    return tried;
}

}  // namespace lb::health
