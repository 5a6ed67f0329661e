// SPDX-License-Identifier: Apache-2.0
#include "model/target.hpp"

#include <algorithm>
#include <set>

namespace lb {
namespace {

std::string at(const std::optional<Address>& via) {
    return via ? " at " + via->text() : "";
}

}  // namespace

std::string Front::text() const {
    return pool + at(via);
}

std::string Target::text() const {
    auto words = front.pool;
    words.reserve(64);
    words.append("/").append(backend);
    if (front.via) words.append(at(front.via));
    return words;
}

bool is_checked_at_vips(const Spec& spec, const std::string& pool) {
    const auto& check = spec.pools.at(pool).check;
    if (!check || check->via == CheckVia::direct) return false;
    return std::any_of(spec.vips.begin(), spec.vips.end(),
                       [&](const auto& vip) { return vip.second.pool == pool; });
}

std::vector<Front> fronts(const Spec& spec, const std::string& pool) {
    if (!is_checked_at_vips(spec, pool)) return {Front{pool}};
    std::set<Front> found;
    for (const auto& [name, vip] : spec.vips)
        if (vip.pool == pool) found.insert({pool, vip.address});
    return {found.begin(), found.end()};
}

Front front_of(const Spec& spec, const Vip& vip) {
    if (!is_checked_at_vips(spec, vip.pool)) return {vip.pool};
    return {vip.pool, vip.address};
}

std::vector<Target> targets(const Spec& spec, const BackendId& id) {
    std::vector<Target> found;
    for (auto& front : fronts(spec, id.pool))
        found.push_back({std::move(front), id.backend});
    return found;
}

std::vector<Target> targets(const Spec& spec) {
    std::vector<Target> found;
    for (const auto& [name, pool] : spec.pools)
        for (const auto& front : fronts(spec, name))
            for (const auto& [backend, its] : pool.backends)
                found.push_back({front, backend});
    return found;
}

}  // namespace lb
