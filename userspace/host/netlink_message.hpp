// SPDX-License-Identifier: Apache-2.0
/// What a message of the kernel says about interfaces, routes and neighbours (rtnetlink(7)), as
/// plain structs.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <libmnl/libmnl.h>

#include "base/address.hpp"
#include "base/result.hpp"

namespace lb::host {

using Mac = std::array<std::uint8_t, 6>;

struct Interface {
    unsigned ifindex = 0;
    std::string name;
    std::uint32_t mtu = 0;
    Mac mac{};
    bool is_running = false;            ///< up, and with a carrier
    bool is_ethernet = false;           ///< frames with MAC addresses; not lo, not a tunnel
    bool is_vlan = false;               ///< a tagged subinterface
    unsigned lower = 0;                 ///< of a VLAN: the ifindex of what it lies on
    std::array<std::uint8_t, 4> tag{};  ///< of a VLAN: protocol and VLAN, as in the frame
};

struct Route {
    unsigned ifindex = 0;
    std::optional<Address> gateway;  ///< absent: on the same network
    std::optional<Address> source;   ///< what the kernel would send from
    std::uint32_t mtu = 0;           ///< 0: the interface's
};

/// Who gets a frame.
struct Hop {
    unsigned ifindex = 0;
    Address address;
    auto operator<=>(const Hop&) const = default;
};

struct Neighbour {
    Hop hop;
    Mac mac{};
    bool is_valid = false;      ///< frames may be sent to `mac`
    bool is_fresh = false;      ///< confirmed lately, or being confirmed
    bool is_confirmed = false;  ///< it has answered lately
    bool is_given = false;      ///< by a person or a routing daemon: never to be asked for
    bool is_gone = false;       ///< the kernel has forgotten it
};

/// An address of this host.
struct OwnAddress {
    unsigned ifindex = 0;
    Address address;
    bool is_main = false;  ///< as in HostAddress
};

/// nullopt: about something else.
std::optional<Interface> interface_of(const nlmsghdr& message);
std::optional<Neighbour> neighbour_of(const nlmsghdr& message);
std::optional<OwnAddress> own_address_of(const nlmsghdr& message);
/// The answer to a question about the way to `to`; an error for people if there is none.
Result<Route> route_of(const nlmsghdr& message, const Address& to);

using NetlinkSocket = std::unique_ptr<mnl_socket, int (*)(mnl_socket*)>;
/// `flags`: 0, or SOCK_NONBLOCK; else no answer is waited for longer than a second.
Result<NetlinkSocket> open_netlink(int flags, int protocol = NETLINK_ROUTE);

inline constexpr std::size_t kDatagramBytes = 32768;  ///< the kernel's largest for rtnetlink

/// Calls `each` for every message in a datagram.
template <class Each>
void for_messages(const std::vector<char>& datagram, std::size_t bytes, Each each) {
    auto left = static_cast<int>(bytes);
    auto message = reinterpret_cast<const nlmsghdr*>(datagram.data());
    for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left))
        each(*message);
}

}  // namespace lb::host
