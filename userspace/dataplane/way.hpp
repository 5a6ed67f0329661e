// SPDX-License-Identifier: Apache-2.0
/// Way: from a route to what a frame to a backend needs.  Pure.
#pragma once

#include <optional>

#include "base/result.hpp"
#include "bpf/abi.h"
#include "host/netlink_message.hpp"
#include "model/spec.hpp"

namespace lb::dataplane {

using host::Hop;
using host::Interface;
using host::Route;

struct Way {
    Hop hop;             ///< whose MAC address it carries
    lb_egress egress{};  ///< the rest of what it needs
};

/// `interface`: the route's; `lower`: what it lies on, if it is a VLAN.  Such a frame leaves
/// through the lower interface, with the tag.  `source`: of the outer header, if it is configured;
/// else the route's.  Errors: no Ethernet; a VLAN on a VLAN; l2 through a gateway.
Result<Way> way_of(const Address& backend, ForwardMode forward, const Route& route,
                   const Interface& interface, const Interface* lower,
                   std::optional<Address> source);

}  // namespace lb::dataplane
