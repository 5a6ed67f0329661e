// SPDX-License-Identifier: Apache-2.0
#include "dataplane/neighbours_netlink.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <libmnl/libmnl.h>
#include <linux/if_arp.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>
#include <sys/time.h>

namespace lb::dataplane {
namespace {

constexpr std::size_t kBatch = 32;  // their answers fit into the default receive buffer
constexpr std::size_t kAnswerBytes = 32768;
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

template <class T>
const T& header_of(const nlmsghdr& message) {
    return *static_cast<const T*>(mnl_nlmsg_get_payload(&message));
}

std::optional<Interface> interface_of(const nlmsghdr& message) {
    if (message.nlmsg_type != RTM_NEWLINK) return std::nullopt;
    const auto& header = header_of<ifinfomsg>(message);
    const Attributes attributes{message, sizeof(header)};
    if (!attributes[IFLA_IFNAME]) return std::nullopt;
    Interface interface;
    interface.ifindex = static_cast<unsigned>(header.ifi_index);
    interface.name = mnl_attr_get_str(attributes[IFLA_IFNAME]);
    interface.mtu = attributes.number(IFLA_MTU).value_or(0);
    const auto mac = attributes.mac(IFLA_ADDRESS);
    interface.mac = mac.value_or(Mac{});
    interface.is_ethernet = mac && header.ifi_type == ARPHRD_ETHER;
    if (attributes[IFLA_LINKINFO]) {
        const auto kind = Attributes{attributes[IFLA_LINKINFO]}[IFLA_INFO_KIND];
        interface.is_vlan = kind && std::strcmp(mnl_attr_get_str(kind), "vlan") == 0;
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
    neighbour.has_failed = header.ndm_state & NUD_FAILED;
    neighbour.is_fresh = header.ndm_state & (NUD_REACHABLE | NUD_DELAY | NUD_PROBE);
    neighbour.is_given =
        header.ndm_state & (NUD_PERMANENT | NUD_NOARP) || header.ndm_flags & NTF_EXT_LEARNED;
    return neighbour;
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

/// 0: not an error.
int error_of(const nlmsghdr& message) {
    return message.nlmsg_type == NLMSG_ERROR ? -header_of<nlmsgerr>(message).error : 0;
}

void put_address(nlmsghdr* message, std::uint16_t type, const Address& address) {
    if (address.is_v4())
        mnl_attr_put(message, type, 4, address.bytes.data() + 12);
    else
        mnl_attr_put(message, type, 16, address.bytes.data());
}

std::uint8_t bits_of(const Address& address) {
    return address.is_v4() ? 32 : 128;
}

/// Calls `each` for every message in a datagram.
template <class Each>
void for_messages(const std::vector<char>& datagram, std::size_t bytes, Each each) {
    auto left = static_cast<int>(bytes);
    auto message = reinterpret_cast<const nlmsghdr*>(datagram.data());
    for (; mnl_nlmsg_ok(message, left); message = mnl_nlmsg_next(message, &left))
        each(*message);
}

using OwnedSocket = std::unique_ptr<mnl_socket, void (*)(mnl_socket*)>;

Result<OwnedSocket> open_socket(int flags) {
    OwnedSocket socket{mnl_socket_open2(NETLINK_ROUTE, flags | SOCK_CLOEXEC),
                       [](mnl_socket* open) { mnl_socket_close(open); }};
    if (!socket || mnl_socket_bind(socket.get(), 0, MNL_SOCKET_AUTOPID) != 0)
        return Error::from_errno("open a netlink socket", errno);
    return socket;
}

}  // namespace

// -------------------------------------------------------------------------------------- requests

Netlink::Netlink(Socket socket) : socket_{std::move(socket)} {}

Result<Netlink> Netlink::open() {
    auto socket = open_socket(0);
    if (!socket) return socket.error();
    const timeval patience{1, 0};  // the kernel answers within the send; this is for the unexpected
    setsockopt(mnl_socket_get_fd(socket->get()), SOL_SOCKET, SO_RCVTIMEO, &patience,
               sizeof(patience));
    return Netlink{std::move(*socket)};
}

/// Sends the batch and hands over what is answered, until `answers` of its messages were.
Result<> Netlink::transact(std::size_t answers, const Answer& answer) {
    const auto last = sequence_;
    const auto first = static_cast<std::uint32_t>(last - answers + 1);
    const auto sent = mnl_socket_sendto(socket_.get(), batch_.data(), batch_.size());
    batch_.clear();
    if (sent < 0) return Error::from_errno("netlink: send", errno);
    std::vector<char> datagram(kAnswerBytes);
    while (answers > 0) {
        const auto bytes = mnl_socket_recvfrom(socket_.get(), datagram.data(), datagram.size());
        if (bytes <= 0) return Error::from_errno("netlink: receive", bytes < 0 ? errno : EPIPE);
        for_messages(datagram, static_cast<std::size_t>(bytes), [&](const nlmsghdr& message) {
            // An earlier request that was given up may still be answered.
            if (message.nlmsg_seq - first > last - first || answers == 0) return;
            if (!(message.nlmsg_flags & NLM_F_MULTI) || message.nlmsg_type == NLMSG_DONE) --answers;
            answer(message);
        });
    }
    return {};
}

namespace {

/// A message at the end of a batch, which is sent in one piece.
template <class Header>
class Message {
public:
    Message(std::uint16_t type, int flags, std::uint32_t sequence) {
        message_ = mnl_nlmsg_put_header(bytes_.data());
        message_->nlmsg_type = type;
        message_->nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | flags);
        message_->nlmsg_seq = sequence;
        header_ = static_cast<Header*>(mnl_nlmsg_put_extra_header(message_, sizeof(Header)));
    }
    Header* operator->() { return header_; }
    nlmsghdr* get() { return message_; }
    void append_to(std::vector<char>& batch) const {
        batch.insert(batch.end(), bytes_.data(), bytes_.data() + MNL_ALIGN(message_->nlmsg_len));
    }

private:
    alignas(8) std::array<char, 256> bytes_{};
    nlmsghdr* message_;
    Header* header_;
};

}  // namespace

Result<> Netlink::dump(std::uint16_t type, const Answer& answer) {
    Message<rtgenmsg> message{type, NLM_F_DUMP, ++sequence_};
    message->rtgen_family = AF_UNSPEC;
    message.append_to(batch_);
    int error = 0;
    auto done = transact(1, [&](const nlmsghdr& part) {
        error = std::max(error, error_of(part));
        if (part.nlmsg_type >= NLMSG_MIN_TYPE) answer(part);
    });
    if (done && error != 0) return Error::from_errno("netlink: dump", error);
    return done;
}

Result<std::vector<Interface>> Netlink::interfaces() {
    std::vector<Interface> found;
    const auto done = dump(RTM_GETLINK, [&](const nlmsghdr& message) {
        if (auto interface = interface_of(message)) found.push_back(std::move(*interface));
    });
    if (!done) return done.error().in("read the interfaces");
    return found;
}

Result<std::vector<Neighbour>> Netlink::neighbours() {
    std::vector<Neighbour> found;
    const auto done = dump(RTM_GETNEIGH, [&](const nlmsghdr& message) {
        if (const auto neighbour = neighbour_of(message)) found.push_back(*neighbour);
    });
    if (!done) return done.error().in("read the neighbours");
    return found;
}

void Netlink::routes_of(std::span<const RouteQuery> queries, std::span<Result<Route>> results) {
    const auto first = sequence_ + 1;
    for (const auto& query : queries) {
        Message<rtmsg> message{RTM_GETROUTE, 0, ++sequence_};
        message->rtm_family = static_cast<unsigned char>(query.to.family());
        message->rtm_dst_len = bits_of(query.to);
        put_address(message.get(), RTA_DST, query.to);
        if (query.source) {
            message->rtm_src_len = bits_of(*query.source);
            put_address(message.get(), RTA_SRC, *query.source);
        }
        message.append_to(batch_);
    }
    const auto done = transact(queries.size(), [&](const nlmsghdr& message) {
        const auto i = message.nlmsg_seq - first;
        const auto& to = queries[i].to;
        if (const int error = error_of(message); error != 0)
            results[i] = Error{"no route to " + to.text() + " (" + std::strerror(error) + ")"};
        else
            results[i] = route_of(message, to);
    });
    if (!done) std::fill(results.begin(), results.end(), Result<Route>{done.error()});
}

std::vector<Result<Route>> Netlink::routes(std::span<const RouteQuery> queries) {
    std::vector<Result<Route>> results(queries.size(), Result<Route>{Error{"not asked"}});
    for (std::size_t at = 0; at < queries.size(); at += kBatch) {
        const auto count = std::min(kBatch, queries.size() - at);
        routes_of(queries.subspan(at, count), std::span{results}.subspan(at, count));
    }
    // The kernel refuses a source that is not on this host; lbd may still be told to use it.
    for (std::size_t i = 0; i < queries.size(); ++i)
        if (!results[i] && queries[i].source) {
            const RouteQuery plain{queries[i].to, std::nullopt};
            routes_of({&plain, 1}, {&results[i], 1});
        }
    return results;
}

void Netlink::ask(std::span<const Hop> hops, bool keep) {
    for (std::size_t at = 0; at < hops.size(); at += kBatch) {
        const auto some = hops.subspan(at, std::min(kBatch, hops.size() - at));
        for (const auto& hop : some) {
            Message<ndmsg> message{RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_ACK, ++sequence_};
            message->ndm_family = static_cast<unsigned char>(hop.address.family());
            message->ndm_ifindex = static_cast<int>(hop.ifindex);
            message->ndm_flags = NTF_USE;
            put_address(message.get(), NDA_DST, hop.address);
            if (keep) mnl_attr_put_u32(message.get(), NDA_FLAGS_EXT, NTF_EXT_MANAGED);
            message.append_to(batch_);
        }
        // What cannot be asked for stays unresolved, and is shown as such.
        (void)transact(some.size(), [](const nlmsghdr&) {}).has_value();
    }
}

// ---------------------------------------------------------------------------------------- notices

NetlinkEvents::NetlinkEvents(Socket socket) : socket_{std::move(socket)} {}

Result<NetlinkEvents> NetlinkEvents::open() {
    auto socket = open_socket(SOCK_NONBLOCK);
    if (!socket) return socket.error();
    const int bytes = 1 << 20;  // a burst of neighbours; beyond it there is ENOBUFS
    const int fd = mnl_socket_get_fd(socket->get());
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) != 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
    for (int group :
         {RTNLGRP_LINK, RTNLGRP_NEIGH, RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE, RTNLGRP_IPV4_IFADDR,
          RTNLGRP_IPV6_IFADDR, RTNLGRP_IPV4_RULE, RTNLGRP_IPV6_RULE})
        if (mnl_socket_setsockopt(socket->get(), NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) !=
            0)
            return Error::from_errno("netlink: join group " + std::to_string(group), errno);
    return NetlinkEvents{std::move(*socket)};
}

int NetlinkEvents::fd() const {
    return mnl_socket_get_fd(socket_.get());
}

NetlinkEvents::Notice NetlinkEvents::read() {
    Notice notice;
    std::vector<char> datagram(kAnswerBytes);
    for (;;) {
        const auto bytes = mnl_socket_recvfrom(socket_.get(), datagram.data(), datagram.size());
        if (bytes < 0 && (errno == ENOBUFS || errno == EINTR)) {
            notice.lost = notice.lost || errno == ENOBUFS;
            continue;
        }
        if (bytes <= 0) return notice;
        for_messages(datagram, static_cast<std::size_t>(bytes), [&](const nlmsghdr& message) {
            switch (message.nlmsg_type) {
                case RTM_NEWLINK:
                case RTM_DELLINK:
                    notice.links = true;
                    break;
                case RTM_NEWNEIGH:
                case RTM_DELNEIGH:
                    if (const auto neighbour = neighbour_of(message))
                        notice.neighbours.push_back(*neighbour);
                    break;
                default:
                    notice.routes = true;
            }
        });
    }
}

}  // namespace lb::dataplane
