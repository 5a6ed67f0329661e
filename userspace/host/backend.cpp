// SPDX-License-Identifier: Apache-2.0
#include "host/backend.hpp"

#include <cstdlib>
#include <map>
#include <sstream>

#include <net/if_arp.h>

#include "base/file.hpp"
#include "host/netlink.hpp"
#include "host/returns.hpp"

namespace lb::host {
namespace {

/// IPv4's (proc(5): interface, destination, ...); the first is the best.
std::string default_route() {
    const auto text = read_file("/proc/thread-self/net/route");
    if (!text) return {};
    std::istringstream lines{*text};
    std::string line, interface, destination;
    std::getline(lines, line);  // the heading
    while (std::getline(lines, line)) {
        std::istringstream words{line};
        if (words >> interface >> destination && destination == "00000000") return interface;
    }
    return {};
}

bool is_tunnel(const std::string& interface) {
    const auto type = read_file("/sys/class/net/" + interface + "/type");
    const int number = type ? std::atoi(type->c_str()) : 0;
    return number == ARPHRD_TUNNEL || number == ARPHRD_TUNNEL6 || number == ARPHRD_SIT;
}

}  // namespace

Result<BackendFacts> backend_facts(const std::string& interface, const std::vector<Address>& vips) {
    auto netlink = Netlink::open();
    if (!netlink) return netlink.error();
    const auto interfaces = netlink->interfaces();
    if (!interfaces) return interfaces.error();
    const auto addresses = netlink->addresses();
    if (!addresses) return addresses.error();
    BackendFacts facts;
    facts.way_out = default_route();
    facts.interface = interface.empty() ? facts.way_out : interface;
    std::map<unsigned, std::string> names;
    for (const auto& each : *interfaces) {
        names[each.ifindex] = each.name;
        if (each.is_running && is_tunnel(each.name))
            facts.tunnels.push_back({each.name, setting(each.name, "rp_filter")});
    }
    for (const auto& vip : vips) {
        BackendFacts::Vip its{vip, {}};
        for (const auto& own : *addresses)
            if (own.address == vip && (its.interface.empty() || its.interface == "lo"))
                its.interface = names[own.ifindex];
        facts.vips.push_back(its);
    }
    facts.arp_ignore = setting(facts.interface, "arp_ignore");
    facts.arp_announce = setting(facts.interface, "arp_announce");
    facts.rp_filter = setting(facts.interface, "rp_filter");
    return facts;
}

}  // namespace lb::host
