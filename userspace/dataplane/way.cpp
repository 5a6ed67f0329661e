// SPDX-License-Identifier: Apache-2.0
#include "dataplane/way.hpp"

#include <algorithm>
#include <cstring>

namespace lb::dataplane {
namespace {

void set_source(lb_egress& egress, const Address& source) {
    if (source.is_v4())
        std::memcpy(egress.source4, source.bytes.data() + 12, sizeof(egress.source4));
    else
        std::memcpy(egress.source6, source.bytes.data(), sizeof(egress.source6));
}

/// Why frames cannot leave there; empty: they can.
std::string flaw_of(const Interface& interface, const Interface* lower) {
    if (!interface.is_ethernet) return "no Ethernet interface";
    if (!interface.is_vlan) return {};
    if (!lower || interface.tag == Interface{}.tag)
        return "a VLAN on nothing that is to be seen here";
    return lower->is_vlan ? "a VLAN on a VLAN" : "";
}

}  // namespace

Result<Way> way_of(const Address& backend, ForwardMode forward, const Route& route,
                   const Interface& interface, const Interface* lower,
                   std::optional<Address> source) {
    if (const auto flaw = flaw_of(interface, lower); !flaw.empty())
        return Error{"the route to " + backend.text() + " leads through " + interface.name +
                     ", which is " + flaw};
    if (route.gateway && forward == ForwardMode::l2)
        return Error{backend.text() + " is behind the gateway " + route.gateway->text() +
                     ", but forward: l2 reaches only backends on the same network"};
    Way way;
    way.hop = {interface.ifindex, route.gateway.value_or(backend)};
    way.egress.ifindex = interface.is_vlan ? lower->ifindex : interface.ifindex;
    std::memcpy(way.egress.tag, interface.tag.data(), sizeof(way.egress.tag));
    way.egress.mtu = route.mtu != 0 ? std::min(route.mtu, interface.mtu) : interface.mtu;
    std::memcpy(way.egress.mac, interface.mac.data(), sizeof(way.egress.mac));
    if (!source) source = route.source;
    if (source) set_source(way.egress, *source);
    return way;
}

}  // namespace lb::dataplane
