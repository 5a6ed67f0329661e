// SPDX-License-Identifier: Apache-2.0
#include "daemon/views.hpp"

#include <algorithm>

#include "explain/explain.hpp"

namespace lb::daemon {
namespace {

/// How many slots of `vip` each backend has, by its index: there are many slots.
std::vector<std::uint32_t> slots_by_backend(const VipEntry& vip) {
    std::vector<std::uint32_t> count;
    for (const auto word : vip.slots) {
        const auto index = slot_backend(word);
        if (index == LB_SLOT_NONE) continue;
        if (index >= count.size()) count.resize(index + 1);
        ++count[index];
    }
    return count;
}

const VipEntry* first_vip_of(const Forwarding& forwarding, const Front& front) {
    const auto& spec = forwarding.spec();
    for (const auto& vip : forwarding.tables().vips)
        if (front_of(spec, spec.vips.at(vip.name)) == front) return &vip;
    return nullptr;
}

std::string describe(const std::optional<Check>& check) {
    if (!check) return "none";
    if (check->is_none())
        return "none until " + print_date(check->until.value_or(Date{})) + ": " + check->reason;
    std::string words = text(check->type);
    if (check->type == CheckType::http || check->type == CheckType::https)
        words += std::string{" "} + text(check->method) + " " + check->path;
    if (check->type == CheckType::grpc && !check->grpc_service.empty())
        words += " " + check->grpc_service;
    if (check->type == CheckType::dns) words += " " + check->name + " " + text(check->qtype);
    if (check->via == CheckVia::direct) words += " direct";
    return words + " every " + print_duration(check->interval) + ", detects within " +
           print_duration(check->detection_bound());
}

const BackendHealth& health_of(const HealthView& view, const Target& target) {
    static const BackendHealth never_checked;
    const auto found = view.find(target);
    return found == view.end() ? never_checked : found->second;
}

std::string ago(WallTime since) {
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now() - since)
            .count();
    return std::to_string(std::max(seconds, decltype(seconds){0})) + " s";
}

Flows flows_of(lb_backend_state state) {
    if (state == LB_BACKEND_READY) return Flows::all;
    return state == LB_BACKEND_DRAIN ? Flows::existing : Flows::none;
}

/// The slots of a front's first vip, which stand for those of the others.
struct FrontSlots {
    std::vector<std::uint32_t> by_backend;
    std::size_t all = 0;

    double share(std::uint32_t index) const {
        if (index >= by_backend.size()) return 0;
        return static_cast<double>(by_backend[index]) / static_cast<double>(all);
    }
};

using SlotsByFront = std::map<Front, FrontSlots>;

SlotsByFront slots_of(const Forwarding& forwarding, const std::string& pool) {
    SlotsByFront slots;
    for (const auto& front : fronts(forwarding.spec(), pool))
        if (const auto* vip = first_vip_of(forwarding, front))
            slots[front] = {slots_by_backend(*vip), vip->size};
    return slots;
}

void add_target(const Sources& from, const Target& target, const FrontSlots& slots,
                BackendView& view) {
    const auto& entry = *from.forwarding.find(target);
    const auto& its = from.forwarding.standings().at(target.front).backends.at(target.backend);
    view.state = its.admin;
    view.flows = std::min(view.flows, flows_of(entry.state));  // the most that any of them gets
    view.targets.push_back(
        {target.front.via, health_of(from.health, target), its.eligible, slots.share(entry.index)});
    view.next_hop = from.dataplane.next_hop(entry.index);
    view.reachable = from.dataplane.is_reachable(entry.index);
    const auto count = from.dataplane.backend_count(entry.index);
    view.count.packets += count.packets;
    view.count.bytes += count.bytes;
}

BackendView view_of(const Sources& from, const BackendId& id, const BackendSpec& spec,
                    SlotsByFront& slots) {
    BackendView view;
    view.id = id;
    view.address = spec.address;
    view.weight = spec.weight;
    if (const auto found = from.memory.overrides.find(id); found != from.memory.overrides.end()) {
        view.state_reason = found->second.reason;
        view.state_until = found->second.until;
    }
    if (const auto found = from.memory.weights.find(id); found != from.memory.weights.end()) {
        view.weight_reason = found->second.reason;
        view.weight_until = found->second.until;
    }
    for (const auto& target : targets(from.forwarding.spec(), id))
        add_target(from, target, slots[target.front], view);
    view.health = worst_health(from.forwarding.spec(), from.health, id);
    view.eligible = std::ranges::all_of(view.targets, &TargetView::eligible);
    view.share = std::ranges::min(view.targets, {}, &TargetView::share).share;
    view.witness = from.witness.about(id);
    return view;
}

/// What people should see of a pool: the first of its fronts that is not normal.
plan::PoolMode mode_of(const Forwarding& forwarding, const std::string& pool) {
    for (const auto& front : fronts(forwarding.spec(), pool))
        if (const auto mode = forwarding.standings().at(front).mode; mode != plan::PoolMode::normal)
            return mode;
    return plan::PoolMode::normal;
}

std::string name_of(const Forwarding& forwarding, std::uint32_t index) {
    if (index == LB_SLOT_NONE) return {};
    const auto* entry = forwarding.find(index);
    return entry ? entry->target.id().text() : "index " + std::to_string(index);
}

/// "pool web: UNCHECKED until 2026-12-31: moving to https"
std::vector<std::string> waiver_problems(const Spec& spec) {
    std::vector<std::string> problems;
    const auto today = day_of(std::chrono::system_clock::now());
    for (const auto& [name, pool] : spec.pools) {
        if (!pool.check || !pool.check->is_none()) continue;
        const auto until = pool.check->until.value_or(Date{});
        problems.push_back("pool " + name + ": UNCHECKED" +
                           (until < today ? ", waiver expired since " : " until ") +
                           print_date(until) + ": " + pool.check->reason);
    }
    return problems;
}

}  // namespace

BackendHealth worst_health(const Spec& spec, const HealthView& health, const BackendId& id) {
    std::optional<BackendHealth> worst;
    for (const auto& target : targets(spec, id)) {
        const auto& its = health_of(health, target);
        worst = worst ? worse(*worst, its) : its;
    }
    return *worst;
}

int count_up(const Spec& spec, const HealthView& health) {
    int up = 0;
    for (const auto& [name, pool] : spec.pools) {
        const auto its = fronts(spec, name);  // once: there may be a thousand vips
        for (const auto& backend : pool.backends)
            up += std::ranges::all_of(its, [&](const Front& front) {
                const Target target{front, backend.first};
                return health_of(health, target).verdict == HealthVerdict::up;
            });
    }
    return up;
}

std::vector<VipView> vip_views(const Sources& from) {
    std::vector<VipView> views;
    const auto& vips = from.forwarding.tables().vips;
    for (std::size_t place = 0; place < vips.size(); ++place) {
        const auto& vip = vips[place];
        const auto& motion = from.forwarding.motion(place);
        const auto& spec = from.forwarding.spec().vips.at(vip.name);
        const auto& standing =
            from.forwarding.standings().at(front_of(from.forwarding.spec(), spec));
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
        view.mode = plan::text(mode_of(from.forwarding, name));
        view.check = describe(pool.check);
        auto slots = slots_of(from.forwarding, name);
        for (const auto& [backend, spec] : pool.backends)
            view.backends.push_back(view_of(from, {name, backend}, spec, slots));
        views.push_back(std::move(view));
    }
    return views;
}

BackendView backend_view(const Sources& from, const BackendId& id) {
    auto slots = slots_of(from.forwarding, id.pool);
    return view_of(from, id, from.forwarding.spec().pools.at(id.pool).backends.at(id.backend),
                   slots);
}

std::string checker_problem(const CheckerView& checker) {
    if (checker.state == CheckerState::ok) return {};
    return std::string{"checker: "} + text(checker.state) + " for " + ago(checker.since) + ": " +
           checker.why +
           (checker.state == CheckerState::broken ? "; no backend changes its state" : "");
}

std::vector<std::string> health_problems(const Sources& from) {
    std::vector<std::string> pools, backends;
    for (const auto& [front, standing] : from.forwarding.standings()) {
        const auto prefix = "pool " + front.text() + ": ";
        const auto healthy = prefix + std::to_string(standing.healthy) + " of " +
                             std::to_string(standing.ready) + " healthy, min_healthy is " +
                             std::to_string(standing.floor);
        if (standing.mode == plan::PoolMode::fail_open)
            pools.push_back(healthy + ", fail_open: all ready backends get traffic");
        else if (standing.mode == plan::PoolMode::fail_closed)
            pools.push_back(healthy + ", fail_closed: new flows are dropped");
        else if (standing.ready == 0)
            pools.push_back(prefix + "no backend is ready and has a weight: packets are dropped");
        for (const auto& [backend, its] : standing.backends) {
            const Target target{front, backend};
            const auto& health = health_of(from.health, target);
            if (its.health == HealthVerdict::down || health.state == HealthState::stale)
                backends.push_back("backend " + target.text() + ": " + text(health.state) +
                                   " for " + ago(health.since) + ": " + health.why);
        }
    }
    const auto waivers = waiver_problems(from.forwarding.spec());
    pools.insert(pools.end(), waivers.begin(), waivers.end());
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
