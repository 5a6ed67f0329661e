// SPDX-License-Identifier: Apache-2.0
#include "host/facts.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include <sys/utsname.h>
#include <unistd.h>

#include "host/event_hook.hpp"
#include "host/features.hpp"
#include "host/limits.hpp"
#include "host/management.hpp"
#include "host/netlink.hpp"
#include "host/nic.hpp"
#include "host/program.hpp"
#include "host/returns.hpp"

namespace lb::host {
namespace {

using Interfaces = std::map<unsigned, Interface>;  // by ifindex

void look_at_kernel(HostFacts& facts) {
    utsname kernel{};
    (void)uname(&kernel);
    facts.kernel = kernel.release;
    facts.cpus = static_cast<int>(std::max(1L, sysconf(_SC_NPROCESSORS_ONLN)));
    if (geteuid() == 0) {
        if (auto missing = missing_feature())
            facts.missing_feature = std::move(*missing);
        else
            facts.unknown["LB601"] = missing.error().what;
        return;
    }
    facts.unknown["LB601"] = "only root can try what the kernel has";
    facts.unknown["LB602"] = "only root can see which XDP program is lbd's";
}

void look_at_limits(HostFacts& facts, const std::optional<pid_t>& lbd) {
    const auto limit = descriptors_of(lbd.value_or(getpid()));
    if (!limit) {
        facts.unknown["LB603"] = limit.error().what;
        return;
    }
    facts.descriptors = *limit;
    facts.descriptors.whose =
        lbd ? "lbd (pid " + std::to_string(*lbd) + ")" : "lbd does not run; a process from here";
}

void look_at_management(HostFacts& facts, const std::string& ssh_connection) {
    auto found = managed_at(ssh_connection);
    if (found)
        facts.managed_at = std::move(*found);
    else
        facts.unknown["LB506"] = found.error().what;
}

void look_at_event_hook(HostFacts& facts, const std::string& program) {
    if (program.empty()) return;
    auto found = obstacle_of(program);
    if (found)
        facts.event_hook = std::move(*found);
    else
        facts.unknown["LB804"] = found.error().what;
}

HostInterface detailed(const Interface& interface, const Interfaces& all,
                       const Viewpoint& viewpoint) {
    HostInterface its;
    its.mtu = interface.mtu;
    const auto nic = nic_of(interface.name);
    its.driver = nic.driver;
    its.merges_packets = nic.merges_packets;
    its.takes_tags_off = nic.takes_tags_off;
    its.queues = nic.queues;
    its.most_queues = nic.most_queues;
    its.carries_vlans = std::any_of(all.begin(), all.end(), [&](const auto& other) {
        return other.second.is_vlan && other.second.lower == interface.ifindex;
    });
    const auto program = program_on(interface.ifindex);
    its.xdp_mode = program.mode;
    const auto pin = viewpoint.pins + "/links/" + std::to_string(interface.ifindex);
    const auto ours = pinned_program(pin);
    if (program.id != 0 && ours && program.id != *ours) its.foreign_program = program.id;
    its.accept_local = setting(interface.name, "accept_local") != 0;
    its.rp_filter = setting(interface.name, "rp_filter");
    return its;
}

Result<> look_at_routes(HostFacts& facts, Netlink& netlink, const Spec& spec,
                        const Interfaces& interfaces) {
    std::set<Address> backends;
    for (const auto& [_, pool] : spec.pools)
        for (const auto& [name, backend] : pool.backends)
            backends.insert(backend.address);
    std::vector<RouteQuery> queries;
    for (const auto& address : backends)
        queries.push_back({address, address.is_v4() ? spec.node.source4 : spec.node.source6});
    const auto routes = netlink.routes(queries);
    if (!routes) return routes.error();
    for (std::size_t i = 0; i < queries.size(); ++i) {
        const auto& route = (*routes)[i];
        if (!route) continue;
        const auto interface = interfaces.find(route->ifindex);
        if (interface == interfaces.end()) continue;
        const auto mtu = interface->second.mtu;
        facts.routes[queries[i].to] = {interface->second.name, route->gateway, route->source,
                                       route->mtu != 0 ? std::min(route->mtu, mtu) : mtu};
    }
    return {};
}

Result<> look_at_network(HostFacts& facts, const Spec& spec, const Viewpoint& viewpoint) {
    auto netlink = Netlink::open();
    if (!netlink) return netlink.error();
    const auto found = netlink->interfaces();
    if (!found) return found.error();
    Interfaces interfaces;
    for (const auto& interface : *found)
        interfaces[interface.ifindex] = interface;
    if (const auto done = look_at_routes(facts, *netlink, spec, interfaces); !done) return done;
    std::set<std::string> of_interest{spec.node.interfaces.begin(), spec.node.interfaces.end()};
    for (const auto& [_, route] : facts.routes)
        of_interest.insert(route.interface);
    for (const auto& [_, interface] : interfaces)
        if (of_interest.contains(interface.name))
            facts.interfaces[interface.name] = detailed(interface, interfaces, viewpoint);
    const auto addresses = netlink->addresses();
    if (!addresses) return addresses.error();
    for (const auto& each : *addresses)
        if (const auto at = interfaces.find(each.ifindex); at != interfaces.end())
            facts.addresses.push_back({each.address, at->second.name, each.is_main});
    return {};
}

}  // namespace

HostFacts facts_for(const Spec& spec, const Viewpoint& viewpoint) {
    HostFacts facts;
    look_at_kernel(facts);
    look_at_limits(facts, viewpoint.lbd);
    look_at_event_hook(facts, spec.node.event_hook);
    look_at_management(facts, viewpoint.ssh_connection);
    if (const auto done = look_at_network(facts, spec, viewpoint); !done)
        for (const auto* rule : {"LB505", "LB506", "LB602", "LB604", "LB605", "LB606", "LB607",
                                 "LB608", "LB609", "LB610"})
            facts.unknown[rule] = done.error().what;
    return facts;
}

}  // namespace lb::host
