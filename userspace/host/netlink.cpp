// SPDX-License-Identifier: Apache-2.0
#include "host/netlink.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

namespace lb::host {
namespace {

constexpr std::size_t kBatch = 32;  // their answers fit into the default receive buffer

/// 0: not an error.
int error_of(const nlmsghdr& message) {
    return message.nlmsg_type == NLMSG_ERROR
               ? -static_cast<const nlmsgerr*>(mnl_nlmsg_get_payload(&message))->error
               : 0;
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

Result<Netlink> Netlink::open() {
    auto socket = open_netlink(0);
    if (!socket) return socket.error();
    return Netlink{std::move(*socket)};
}

/// Sends the batch and hands over what is answered, until `answers` of its messages were.
Result<> Netlink::transact(std::size_t answers, const Answer& answer) {
    const auto last = sequence_;
    const auto first = static_cast<std::uint32_t>(last - answers + 1);
    const auto sent = mnl_socket_sendto(socket_.get(), batch_.data(), batch_.size());
    batch_.clear();
    if (sent < 0) return Error::from_errno("netlink: send", errno);
    std::vector<char> datagram(kDatagramBytes);
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

/// A dump during which the kernel's list changed is asked for again.
template <class T>
Result<std::vector<T>> Netlink::dump(std::uint16_t type,
                                     std::optional<T> (*parse)(const nlmsghdr&)) {
    constexpr int kTries = 5;
    for (int i = 0; i < kTries; ++i) {
        Message<rtgenmsg> message{type, NLM_F_DUMP, ++sequence_};
        message->rtgen_family = AF_UNSPEC;
        message.append_to(batch_);
        std::vector<T> found;
        int error = 0;
        bool was_interrupted = false;
        const auto done = transact(1, [&](const nlmsghdr& part) {
            error = std::max(error, error_of(part));
            was_interrupted = was_interrupted || part.nlmsg_flags & NLM_F_DUMP_INTR;
            if (part.nlmsg_type < NLMSG_MIN_TYPE) return;
            if (auto element = parse(part)) found.push_back(std::move(*element));
        });
        if (!done) return done.error();
        if (error != 0) return Error::from_errno("netlink: dump", error);
        if (!was_interrupted) return found;
    }
    return Error{"netlink: dump: interrupted each time"};
}

Result<std::vector<Interface>> Netlink::interfaces() {
    return dump(RTM_GETLINK, &interface_of);
}

Result<std::vector<Neighbour>> Netlink::neighbours() {
    return dump(RTM_GETNEIGH, &neighbour_of);
}

Result<std::vector<OwnAddress>> Netlink::addresses() {
    return dump(RTM_GETADDR, &own_address_of);
}

Result<> Netlink::routes_of(std::span<const RouteQuery> queries, std::span<Result<Route>> results) {
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
    int exhausted = 0;
    const auto done = transact(queries.size(), [&](const nlmsghdr& message) {
        const auto i = message.nlmsg_seq - first;
        const auto& to = queries[i].to;
        const int error = error_of(message);
        if (error == ENOMEM || error == ENOBUFS) exhausted = error;
        if (error != 0)
            results[i] = Error{"no route to " + to.text() + " (" + std::strerror(error) + ")"};
        else
            results[i] = route_of(message, to);
    });
    if (exhausted != 0) return Error::from_errno("netlink: route", exhausted);
    return done;
}

Result<std::vector<Result<Route>>> Netlink::routes(std::span<const RouteQuery> queries) {
    std::vector<Result<Route>> results(queries.size(), Result<Route>{Error{"not asked"}});
    for (std::size_t at = 0; at < queries.size(); at += kBatch) {
        const auto count = std::min(kBatch, queries.size() - at);
        const auto done =
            routes_of(queries.subspan(at, count), std::span{results}.subspan(at, count));
        if (!done) return done.error();
    }
    // The kernel refuses a source that is not on this host; lbd may still be told to use it.
    for (std::size_t i = 0; i < queries.size(); ++i) {
        if (results[i] || !queries[i].source) continue;
        const RouteQuery plain{queries[i].to, std::nullopt};
        if (const auto done = routes_of({&plain, 1}, {&results[i], 1}); !done) return done.error();
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

}  // namespace lb::host
