// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>
#include <set>

#include "checklist/rules.hpp"

namespace lb::checklist {
namespace {

/// Why packets cannot be sent to `address`; nullptr: they can.
const char* flaw(const Address& address) {
    if (address.is_unspecified()) return "is nobody's address";
    if (address.is_loopback()) return "is a loopback address";
    if (address.is_link_local()) return "is a link-local address";
    if (address.is_multicast()) return "is a multicast address";
    if (address.is_broadcast()) return "is the broadcast address";
    return nullptr;
}

bool is_source(const Spec& spec, const Address& address) {
    return spec.node.source4 == address || spec.node.source6 == address;
}

constexpr auto kUnicast = "use a literal unicast address";

/// l2 only changes the MAC address: the packet stays what it was.
void refuse_other_family(const std::string& pool_name, const Pool& pool, const Vip& vip,
                         Report& report) {
    if (pool.forward != ForwardMode::l2) return;
    for (const auto& [name, backend] : pool.backends)
        if (backend.address.is_v4() != vip.address.is_v4())
            report.add(backend.where, named("backend", pool_name + "/" + name),
                       backend.address.text() + " is not of the family of the vip " +
                           vip.address.text() + ", which forward: l2 needs",
                       "use ipip or gue, or an address of the vip's family");
}

/// vip "shop" (line 12)
std::string placed(const std::string& name, const Vip& vip) {
    return named("vip", name) + " (line " + std::to_string(vip.where.line) + ")";
}

}  // namespace

void vips_are_distinct(const Spec& spec, Report& report) {
    using Places = std::map<PortRange, std::string>;  // of one address and protocol, disjoint
    std::map<std::pair<Address, Protocol>, Places> taken;
    for (const auto& [name, vip] : spec.vips) {
        auto& places = taken[{vip.address, vip.protocol}];
        const auto other = std::find_if(
            places.begin(), places.end(),
            [&ports = vip.ports](const auto& place) { return place.first.meets(ports); });
        if (other == places.end()) {
            places.emplace(vip.ports, name);
            continue;
        }
        const auto& first = spec.vips.at(other->second);
        report.add(vip.where, named("vip", name),
                   first.ports == vip.ports
                       ? "same address, port and protocol as " + placed(other->second, first)
                       : "port " + vip.ports.text() + " overlaps " + first.ports.text() + " of " +
                             placed(other->second, first),
                   first.ports == vip.ports ? "remove one" : "keep the ports apart");
    }
}

void backends_are_distinct(const Spec& spec, Report& report) {
    for (const auto& [pool_name, pool] : spec.pools) {
        std::map<Address, std::string> seen;
        for (const auto& [name, backend] : pool.backends) {
            const auto [first, is_new] = seen.emplace(backend.address, name);
            if (!is_new)
                report.add(backend.where, named("backend", pool_name + "/" + name),
                           "same address as backend \"" + first->second + "\"", "remove one");
        }
    }
}

void addresses_lead_to_backends(const Spec& spec, Report& report) {
    std::map<Address, std::string> vips;
    for (const auto& [name, vip] : spec.vips) {
        vips.emplace(vip.address, name);
        if (const auto* what = flaw(vip.address))
            report.add(vip.where, named("vip", name), vip.address.text() + " " + what, kUnicast);
        const auto pool = spec.pools.find(vip.pool);
        if (pool != spec.pools.end()) refuse_other_family(vip.pool, pool->second, vip, report);
    }
    for (const auto& [pool_name, pool] : spec.pools)
        for (const auto& [name, backend] : pool.backends) {
            const auto object = named("backend", pool_name + "/" + name);
            const auto& address = backend.address;
            if (const auto vip = vips.find(address); vip != vips.end())
                report.add(backend.where, object,
                           address.text() + " is the address of vip \"" + vip->second + "\"",
                           "use the backend's own address");
            else if (is_source(spec, address))
                report.add(backend.where, object, address.text() + " is node.source, this host",
                           "use the address of another host");
            else if (const auto* what = flaw(address))
                report.add(backend.where, object, address.text() + " " + what, kUnicast);
        }
}

}  // namespace lb::checklist
