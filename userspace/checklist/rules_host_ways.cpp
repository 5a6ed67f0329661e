// SPDX-License-Identifier: Apache-2.0
/// The host's ways and addresses: to the backends, from them, to itself.
#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "checklist/host.hpp"
#include "model/target.hpp"

namespace lb::checklist {
namespace {

/// Calls `visit(name, backend, route)` for the backends of `pool` that can be reached.
template <class Visit>
void for_ways(const HostFacts& facts, const Pool& pool, Visit visit) {
    for (const auto& [name, backend] : pool.backends)
        if (const auto route = facts.routes.find(backend.address); route != facts.routes.end())
            visit(name, backend, route->second);
}

bool has(const HostFacts& facts, const Address& address) {
    return std::any_of(facts.addresses.begin(), facts.addresses.end(),
                       [&](const HostAddress& own) { return own.address == address; });
}

/// The addresses at which the pool is checked as clients see it.
std::set<Address> checked_at(const Spec& spec, const std::string& pool) {
    std::set<Address> found;
    for (const auto& front : fronts(spec, pool))
        if (front.via) found.insert(*front.via);
    return found;
}

/// Where lbd takes the source of a check of `vip` from (dataplane/probes).
std::optional<Address> source_of(const HostFacts& facts, const Spec& spec, const Check& check,
                                 const HostRoute& route, const Address& vip) {
    if (check.source) return check.source;
    const auto& outer = vip.is_v4() ? spec.node.source4 : spec.node.source6;
    if (outer) return outer;
    if (route.source && route.source->is_v4() == vip.is_v4()) return route.source;
    for (const auto& own : facts.addresses)
        if (own.interface == route.interface && own.address.is_v4() == vip.is_v4() &&
            !own.address.is_link_local())
            return own.address;
    return {};
}

struct Flaw {
    std::string message, fix;
    auto operator<=>(const Flaw&) const = default;
};

Flaw not_ours(const Address& source, const std::string& interface) {
    return {"checks come from " + source.text() + ", which is no address of this host",
            "ip address add " + source.text() + (source.is_v4() ? "/32" : "/128") + " dev " +
                interface};
}

/// Why a check of `vip` cannot get out that way, or its answer in; empty: both can.
Flaw flaw_of(const HostFacts& facts, const Spec& spec, const Check& check, const HostRoute& route,
             const Address& vip) {
    const auto source = source_of(facts, spec, check, route, vip);
    if (!source)
        return {
            route.interface + " has no address from which vip " + vip.text() + " could be checked",
            "give it one, or set health_check.source"};
    if (!has(facts, *source)) return not_ours(*source, route.interface);
    const auto its = facts.interfaces.find(route.interface);
    if (its == facts.interfaces.end()) return {};
    const auto found = obstacle(vip, route.interface,
                                {has(facts, vip), its->second.accept_local, its->second.rp_filter});
    return {found.what, found.command};
}

}  // namespace

void tunnels_fit(const HostFacts& facts, const Spec& spec, Report& report) {
    const auto packet = largest_packet(facts, spec);
    for (const auto& [name, pool] : spec.pools) {
        if (pool.forward == ForwardMode::l2) continue;
        std::set<std::tuple<std::string, std::uint32_t, std::uint32_t>> tight;
        for_ways(facts, pool,
                 [&, mode = pool.forward](const auto&, const BackendSpec& backend,
                                          const HostRoute& way) {
                     const auto needed = packet + overhead(mode, backend.address);
                     if (way.mtu < needed) tight.emplace(way.interface, way.mtu, needed);
                 });
        for (const auto& [interface, mtu, needed] : tight)
            report.add(pool.where, named("pool", name),
                       "a packet of " + std::to_string(packet) + " bytes and its tunnel are " +
                           std::to_string(needed) + ", the way by " + interface + " takes " +
                           std::to_string(mtu) + ": clients are asked for smaller ones",
                       "ip link set dev " + interface + " mtu " + std::to_string(needed) +
                           " (and all switches on the way), or a smaller MSS at the backends");
    }
}

/// A vip may lie on an interface: keepalived puts it there.  What it lends is /32, /128, secondary
/// or deprecated; the address that people use is not.
void nobody_is_locked_out(const HostFacts& facts, const Spec& spec, Report& report) {
    for (const auto& [name, vip] : spec.vips) {
        const auto main = std::find_if(facts.addresses.begin(), facts.addresses.end(),
                                       [&address = vip.address](const HostAddress& own) {
                                           return own.is_main && own.address == address;
                                       });
        const bool is_used = facts.managed_at.contains(vip.address);
        if (!is_used && main == facts.addresses.end()) continue;
        report.add(
            vip.where, named("vip", name),
            vip.address.text() + (is_used ? " is where SSH reaches this host"
                                          : " is the address of this host at " + main->interface),
            "use an address for the vip that is nothing else");
    }
}

/// What we send to ourselves comes in as one more packet for the vip.
void backends_are_elsewhere(const HostFacts& facts, const Spec& spec, Report& report) {
    for (const auto& [pool_name, pool] : spec.pools)
        for (const auto& [name, backend] : pool.backends)
            for (const auto& own : facts.addresses)
                if (own.address == backend.address)
                    report.add(
                        backend.where, named("backend", pool_name + "/" + name),
                        own.address.text() + " is an address of this host, at " + own.interface,
                        "use the address of another host");
}

void answers_get_in(const HostFacts& facts, const Spec& spec, Report& report) {
    for (const auto& [name, pool] : spec.pools) {
        if (!pool.check || pool.check->is_none()) continue;
        const auto& check = *pool.check;
        const auto vips = checked_at(spec, name);
        std::set<Flaw> flaws;
        for_ways(facts, pool, [&](const auto&, const BackendSpec&, const HostRoute& way) {
            for (const auto& vip : vips)
                flaws.insert(flaw_of(facts, spec, check, way, vip));
            if (vips.empty() && check.source && !has(facts, *check.source))
                flaws.insert(not_ours(*check.source, way.interface));
        });
        for (const auto& flaw : flaws)
            if (!flaw.message.empty())
                report.add(check.where, named("pool", name), flaw.message, flaw.fix);
    }
}

void l2_stays_on_its_network(const HostFacts& facts, const Spec& spec, Report& report) {
    for (const auto& [pool_name, pool] : spec.pools) {
        if (pool.forward != ForwardMode::l2) continue;
        for_ways(facts, pool,
                 [&, &in = pool_name](const std::string& name, const BackendSpec& backend,
                                      const HostRoute& way) {
                     if (way.gateway)
                         report.add(backend.where, named("backend", in + "/" + name),
                                    backend.address.text() + " is behind the gateway " +
                                        way.gateway->text() +
                                        ", but forward: l2 reaches only the same network",
                                    "forward: ipip or gue");
                 });
    }
}

}  // namespace lb::checklist
