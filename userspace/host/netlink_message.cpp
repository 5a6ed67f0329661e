// SPDX-License-Identifier: Apache-2.0
#include "host/netlink_message.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <arpa/inet.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/time.h>

namespace lb::host {
namespace {

constexpr std::uint16_t kValid =
    NUD_REACHABLE | NUD_STALE | NUD_DELAY | NUD_PROBE | NUD_PERMANENT | NUD_NOARP;

/// The attributes of a message by type; types beyond are of no interest.
class Attributes {
public:
    Attributes(const nlmsghdr& message, unsigned header) {
        mnl_attr_parse(&message, header, &Attributes::take, this);
    }
    explicit Attributes(const nlattr* nested) {
        mnl_attr_parse_nested(nested, &Attributes::take, this);
    }
    const nlattr* operator[](std::size_t type) const { return found_[type]; }

    std::optional<std::uint32_t> number(std::size_t type) const {
        if (!found_[type] || mnl_attr_get_payload_len(found_[type]) < 4) return std::nullopt;
        return mnl_attr_get_u32(found_[type]);
    }
    std::optional<std::uint16_t> word(std::size_t type) const {
        if (!found_[type] || mnl_attr_get_payload_len(found_[type]) < 2) return std::nullopt;
        return mnl_attr_get_u16(found_[type]);
    }
    std::optional<Address> address(std::size_t type) const {
        if (!found_[type]) return std::nullopt;
        return address_in(static_cast<const std::uint8_t*>(mnl_attr_get_payload(found_[type])),
                          mnl_attr_get_payload_len(found_[type]));
    }
    std::optional<Mac> mac(std::size_t type) const {
        Mac mac{};
        if (!found_[type] || mnl_attr_get_payload_len(found_[type]) != mac.size())
            return std::nullopt;
        std::memcpy(mac.data(), mnl_attr_get_payload(found_[type]), mac.size());
        return mac;
    }
    /// RTA_VIA: a gateway of another family than the destination.
    std::optional<Address> via(std::size_t type) const {
        constexpr auto kFamily = sizeof(rtvia::rtvia_family);
        if (!found_[type] || mnl_attr_get_payload_len(found_[type]) < kFamily) return std::nullopt;
        return address_in(
            static_cast<const std::uint8_t*>(mnl_attr_get_payload(found_[type])) + kFamily,
            mnl_attr_get_payload_len(found_[type]) - kFamily);
    }

private:
    static std::optional<Address> address_in(const std::uint8_t* bytes, std::size_t length) {
        Address address;
        if (length == 4) {
            address.bytes[10] = address.bytes[11] = 0xff;
            std::copy_n(bytes, 4, address.bytes.begin() + 12);
        } else if (length == 16) {
            std::copy_n(bytes, 16, address.bytes.begin());
        } else {
            return std::nullopt;
        }
        return address;
    }
    static int take(const nlattr* attribute, void* self) noexcept {
        auto& found = static_cast<Attributes*>(self)->found_;
        if (const auto type = mnl_attr_get_type(attribute); type < found.size())
            found[type] = attribute;
        return MNL_CB_OK;
    }
    std::array<const nlattr*, 64> found_{};
};

/// IFLA_VLAN_PROTOCOL is in network byte order, IFLA_VLAN_ID in the host's.
std::array<std::uint8_t, 4> tag_of(const Attributes& vlan) {
    const auto protocol = vlan.word(IFLA_VLAN_PROTOCOL).value_or(htons(ETH_P_8021Q));
    const auto number = vlan.word(IFLA_VLAN_ID);
    std::array<std::uint8_t, 4> tag{};
    if (!number) return tag;
    const std::uint16_t control = htons(*number);
    std::memcpy(tag.data(), &protocol, sizeof(protocol));
    std::memcpy(tag.data() + sizeof(protocol), &control, sizeof(control));
    return tag;
}

template <class T>
const T& header_of(const nlmsghdr& message) {
    return *static_cast<const T*>(mnl_nlmsg_get_payload(&message));
}

}  // namespace

std::optional<Interface> interface_of(const nlmsghdr& message) {
    if (message.nlmsg_type != RTM_NEWLINK) return std::nullopt;
    const auto& header = header_of<ifinfomsg>(message);
    const Attributes attributes{message, sizeof(header)};
    if (!attributes[IFLA_IFNAME]) return std::nullopt;
    Interface interface;
    interface.ifindex = static_cast<unsigned>(header.ifi_index);
    interface.name = mnl_attr_get_str(attributes[IFLA_IFNAME]);
    interface.mtu = attributes.number(IFLA_MTU).value_or(0);
    // The first is the kernel's state, which follows the second, the carrier, a second later.
    constexpr unsigned kRunning = IFF_RUNNING | IFF_LOWER_UP;
    interface.is_running = (header.ifi_flags & kRunning) == kRunning;
    const auto mac = attributes.mac(IFLA_ADDRESS);
    interface.mac = mac.value_or(Mac{});
    interface.is_ethernet = mac && header.ifi_type == ARPHRD_ETHER;
    if (attributes[IFLA_LINKINFO]) {
        const Attributes info{attributes[IFLA_LINKINFO]};
        const auto kind = info[IFLA_INFO_KIND];
        interface.is_vlan = kind && std::strcmp(mnl_attr_get_str(kind), "vlan") == 0;
        if (interface.is_vlan && info[IFLA_INFO_DATA]) {
            interface.lower = attributes.number(IFLA_LINK).value_or(0);
            interface.tag = tag_of(Attributes{info[IFLA_INFO_DATA]});
        }
    }
    return interface;
}

std::optional<Neighbour> neighbour_of(const nlmsghdr& message) {
    if (message.nlmsg_type != RTM_NEWNEIGH && message.nlmsg_type != RTM_DELNEIGH)
        return std::nullopt;
    const auto& header = header_of<ndmsg>(message);
    if (header.ndm_family != AF_INET && header.ndm_family != AF_INET6) return std::nullopt;
    const Attributes attributes{message, sizeof(header)};
    const auto address = attributes.address(NDA_DST);
    if (!address) return std::nullopt;
    Neighbour neighbour;
    neighbour.hop = {static_cast<unsigned>(header.ndm_ifindex), *address};
    neighbour.is_gone = message.nlmsg_type == RTM_DELNEIGH;
    neighbour.mac = attributes.mac(NDA_LLADDR).value_or(Mac{});
    neighbour.is_valid =
        !neighbour.is_gone && (header.ndm_state & kValid) && neighbour.mac != Mac{};
    neighbour.is_fresh = header.ndm_state & (NUD_REACHABLE | NUD_DELAY | NUD_PROBE);
    neighbour.is_confirmed = header.ndm_state & NUD_REACHABLE;
    neighbour.is_given =
        header.ndm_state & (NUD_PERMANENT | NUD_NOARP) || header.ndm_flags & NTF_EXT_LEARNED;
    return neighbour;
}

std::optional<OwnAddress> own_address_of(const nlmsghdr& message) {
    constexpr unsigned kLoopback = 1;  // the ifindex of lo, in every network namespace
    if (message.nlmsg_type != RTM_NEWADDR) return std::nullopt;
    const auto& header = header_of<ifaddrmsg>(message);
    const Attributes attributes{message, sizeof(header)};
    auto address = attributes.address(IFA_LOCAL);  // of a point-to-point link, the near end
    if (!address) address = attributes.address(IFA_ADDRESS);
    if (!address) return std::nullopt;
    const bool is_v4 = header.ifa_family == AF_INET;
    const auto flags = attributes.number(IFA_FLAGS).value_or(header.ifa_flags);
    // IFA_F_SECONDARY means another thing for IPv6: temporary (RFC 8981).
    const auto lent = static_cast<std::uint32_t>(is_v4 ? IFA_F_SECONDARY : IFA_F_DEPRECATED);
    return OwnAddress{header.ifa_index, *address,
                      header.ifa_index != kLoopback && header.ifa_prefixlen < (is_v4 ? 32 : 128) &&
                          (flags & lent) == 0};
}

Result<Route> route_of(const nlmsghdr& message, const Address& to) {
    const auto& header = header_of<rtmsg>(message);
    if (header.rtm_type == RTN_LOCAL) return Error{to.text() + " is an address of this host"};
    const Attributes attributes{message, sizeof(header)};
    const auto ifindex = attributes.number(RTA_OIF);
    if (header.rtm_type != RTN_UNICAST || !ifindex) return Error{"no route to " + to.text()};
    Route route;
    route.ifindex = *ifindex;
    route.gateway = attributes.address(RTA_GATEWAY);
    if (!route.gateway) route.gateway = attributes.via(RTA_VIA);
    if (route.gateway == to) route.gateway.reset();
    route.source = attributes.address(RTA_PREFSRC);
    if (attributes[RTA_METRICS])
        route.mtu = Attributes{attributes[RTA_METRICS]}.number(RTAX_MTU).value_or(0);
    return route;
}

Result<NetlinkSocket> open_netlink(int flags, int protocol) {
    NetlinkSocket socket{mnl_socket_open2(protocol, flags | SOCK_CLOEXEC), &mnl_socket_close};
    if (!socket || mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) != 0)
        return Error::from_errno("open a netlink socket", errno);
    const timeval patience{1, 0};  // the kernel answers within the send; this is for the unexpected
    setsockopt(mnl_socket_get_fd(socket.get()), SOL_SOCKET, SO_RCVTIMEO, &patience,
               sizeof(patience));
    return socket;
}

}  // namespace lb::host
