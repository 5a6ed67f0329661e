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

}  // namespace

Result<Way> way_of(const Address& backend, ForwardMode forward, const Route& route,
                   const Interface& interface, std::optional<Address> source) {
    if (!interface.is_ethernet || interface.is_vlan)
        return Error{"the route to " + backend.text() + " leads through " + interface.name +
                     ", which is " + (interface.is_vlan ? "a VLAN" : "no Ethernet interface")};
    if (route.gateway && forward == ForwardMode::l2)
        return Error{backend.text() + " is behind the gateway " + route.gateway->text() +
                     ", but forward: l2 reaches only backends on the same network"};
    Way way;
    way.hop = {interface.ifindex, route.gateway.value_or(backend)};
    way.egress.ifindex = interface.ifindex;
    way.egress.mtu = route.mtu != 0 ? std::min(route.mtu, interface.mtu) : interface.mtu;
    std::memcpy(way.egress.mac, interface.mac.data(), sizeof(way.egress.mac));
    if (!source) source = route.source;
    if (source) set_source(way.egress, *source);
    return way;
}

}  // namespace lb::dataplane
