// SPDX-License-Identifier: Apache-2.0
#include "daemon/views.hpp"

#include <algorithm>

#include "explain/explain.hpp"

namespace lb::daemon {
namespace {

/// How many slots of `vip` each backend index has.
std::map<std::uint32_t, std::size_t> slots_by_backend(const VipEntry& vip) {
    std::map<std::uint32_t, std::size_t> count;
    for (const auto word : vip.slots)
        ++count[slot_backend(word)];
    return count;
}

const VipEntry* first_vip_of(const Forwarding& forwarding, const std::string& pool) {
    for (const auto& vip : forwarding.tables().vips)
        if (forwarding.spec().vips.at(vip.name).pool == pool) return &vip;
    return nullptr;
}

std::string describe(const std::optional<Check>& check) {
    if (!check) return "none";
    std::string words = text(check->type);
    if (check->type == CheckType::http || check->type == CheckType::https)
        words += std::string{" "} + text(check->method) + " " + check->path;
    if (check->type == CheckType::grpc && !check->grpc_service.empty())
        words += " " + check->grpc_service;
    if (check->type == CheckType::dns) words += " " + check->name + " " + text(check->qtype);
    return words + " every " + print_duration(check->interval) + ", detects within " +
           print_duration(check->detection_bound());
}

BackendHealth health_of(const HealthView& view, const BackendId& id) {
    const auto found = view.find(id);
    return found == view.end() ? BackendHealth{} : found->second;
}

std::string ago(WallTime since) {
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now() - since)
            .count();
    return std::to_string(std::max(seconds, decltype(seconds){0})) + " s";
}

BackendView backend_view(const Sources& from, const BackendEntry& entry, int weight) {
    const auto& standing =
        from.forwarding.standings().at(entry.id.pool).backends.at(entry.id.backend);
    BackendView view;
    view.id = entry.id;
    view.address = entry.address;
    view.state = standing.admin;
    if (const auto found = from.memory.overrides.find(entry.id);
        found != from.memory.overrides.end())
        view.state_reason = found->second.reason;
    view.health = health_of(from.health, entry.id);
    view.eligible = standing.eligible;
    view.weight = weight;
    view.next_hop = from.dataplane.next_hop(entry.index);
    view.count = from.dataplane.backend_count(entry.index);
    view.witness = from.witness.about(entry.id);
    return view;
}

std::string name_of(const Forwarding& forwarding, std::uint32_t index) {
    if (index == LB_SLOT_NONE) return {};
    const auto* entry = forwarding.find(index);
    return entry ? entry->id.text() : "index " + std::to_string(index);
}

}  // namespace

std::vector<VipView> vip_views(const Sources& from) {
    std::vector<VipView> views;
    const auto& vips = from.forwarding.tables().vips;
    for (std::size_t place = 0; place < vips.size(); ++place) {
        const auto& vip = vips[place];
        const auto& motion = from.forwarding.motion(place);
        const auto& spec = from.forwarding.spec().vips.at(vip.name);
        const auto& standing = from.forwarding.standings().at(spec.pool);
        VipView view;
        view.name = vip.name;
        view.address = spec.address;
        view.ports = spec.ports;
        view.protocol = spec.protocol;
        view.pool = spec.pool;
        view.mode = plan::text(standing.mode);
        view.healthy = standing.healthy;
        view.ready = standing.ready;
        view.slots = vip.size;
        view.moving = motion.holding_back;
        view.settling = motion.settling;
        view.flows = from.dataplane.flow_counts(vip.number);
        view.count = from.dataplane.vip_count(vip.number);
        views.push_back(std::move(view));
    }
    return views;
}

std::vector<PoolView> pool_views(const Sources& from) {
    std::vector<PoolView> views;
    for (const auto& [name, pool] : from.forwarding.spec().pools) {
        PoolView view;
        view.name = name;
        view.forward = pool.forward;
        view.all_down = pool.all_down;
        view.mode = plan::text(from.forwarding.standings().at(name).mode);
        view.check = describe(pool.check);
        const auto* vip = first_vip_of(from.forwarding, name);
        auto slots = vip ? slots_by_backend(*vip) : std::map<std::uint32_t, std::size_t>{};
        for (const auto& [backend, spec] : pool.backends) {
            const auto* entry = from.forwarding.find(BackendId{name, backend});
            view.backends.push_back(backend_view(from, *entry, spec.weight));
            if (vip)
                view.backends.back().share = static_cast<double>(slots[entry->index]) / vip->size;
        }
        views.push_back(std::move(view));
    }
    return views;
}

std::vector<std::string> health_problems(const Sources& from) {
    std::vector<std::string> pools, backends;
    for (const auto& [name, standing] : from.forwarding.standings()) {
        const auto prefix = "pool " + name + ": ";
        const auto healthy = prefix + std::to_string(standing.healthy) + " of " +
                             std::to_string(standing.ready) + " healthy, min_healthy is " +
                             std::to_string(standing.floor);
        if (standing.mode == plan::PoolMode::fail_open)
            pools.push_back(healthy + ", fail_open: all ready backends get traffic");
        else if (standing.mode == plan::PoolMode::fail_closed)
            pools.push_back(healthy + ", fail_closed: new flows are dropped");
        else if (standing.ready == 0)
            pools.push_back(prefix + "no backend is ready: packets are dropped");
        for (const auto& [backend, its] : standing.backends) {
            const BackendId id{name, backend};
            const auto health = health_of(from.health, id);
            if (its.health == HealthVerdict::down || health.state == HealthState::stale)
                backends.push_back("backend " + id.text() + ": " + text(health.state) + " for " +
                                   ago(health.since) + ": " + health.why);
        }
    }
    pools.insert(pools.end(), backends.begin(), backends.end());
    return pools;
}

Explanation explain_flow(const Sources& from, const std::string& vip_name, const Endpoint& source) {
    const auto& vips = from.forwarding.tables().vips;
    const auto vip = std::find_if(vips.begin(), vips.end(),
                                  [&](const VipEntry& entry) { return entry.name == vip_name; });
    auto result = from.dataplane.explain(
        source, vip->key, [&](std::uint32_t index) { return name_of(from.forwarding, index); });
    result.vip = vip_name;
    const auto home = vip->home.at(result.position);
    result.home = name_of(from.forwarding, home);
    explain::add_reasons(result);
    return result;
}

}  // namespace lb::daemon
