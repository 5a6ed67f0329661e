// SPDX-License-Identifier: Apache-2.0
#include "explain/frame.hpp"

#include <algorithm>
#include <cstring>

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>

namespace lb::explain {
namespace {

constexpr std::size_t kHeadroom = 256, kTailroom = 64;
constexpr std::size_t kUnaligned = 2;  // so that what follows Ethernet lies at a multiple of 4
constexpr std::size_t kSmallestInitial = 1200;  // RFC 9000, 14.1
constexpr std::uint8_t kTtl = 64;

using Bytes = std::vector<std::uint8_t>;

template <class Header>
Bytes bytes(const Header& header) {
    const auto* start = reinterpret_cast<const std::uint8_t*>(&header);
    return {start, start + sizeof(header)};
}

Bytes operator+(Bytes front, const Bytes& back) {
    front.insert(front.end(), back.begin(), back.end());
    return front;
}

/// Of a range, the first that a packet can have.
std::uint16_t port_of(const VipKey& vip) {
    return std::max(vip.ports.first, std::uint16_t{1});
}

Bytes tcp(const Endpoint& source, const VipKey& vip, Moment moment) {
    tcphdr header{};
    header.source = htons(source.port);
    header.dest = htons(port_of(vip));
    header.doff = sizeof(header) / 4;
    header.syn = moment == Moment::beginning;
    header.ack = moment == Moment::middle;
    return bytes(header);
}

Bytes udp(const Endpoint& source, const VipKey& vip, Moment moment) {
    Bytes payload(moment == Moment::beginning ? kSmallestInitial : 0);
    const Bytes initial{0xc0, 0, 0, 0, 1};  // long header, type Initial, version 1: RFC 9000, 17.2
    if (!payload.empty()) std::copy(initial.begin(), initial.end(), payload.begin());
    udphdr header{};
    header.source = htons(source.port);
    header.dest = htons(port_of(vip));
    header.len = htons(static_cast<std::uint16_t>(sizeof(header) + payload.size()));
    return bytes(header) + payload;
}

/// RFC 1071.
std::uint16_t checksum(const Bytes& words) {
    std::uint32_t sum = 0;
    for (std::size_t i = 0; i + 1 < words.size(); i += 2) {
        std::uint16_t word = 0;
        std::memcpy(&word, words.data() + i, sizeof(word));
        sum += word;
    }
    sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~((sum & 0xffff) + (sum >> 16)));
}

Bytes ipv4(const Endpoint& source, const VipKey& vip, const Bytes& payload) {
    iphdr header{};
    header.version = 4;
    header.ihl = sizeof(header) / 4;
    header.tot_len = htons(static_cast<std::uint16_t>(sizeof(header) + payload.size()));
    header.frag_off = htons(0x4000);  // do not fragment
    header.ttl = kTtl;
    header.protocol = static_cast<std::uint8_t>(vip.protocol);
    std::memcpy(&header.saddr, source.address.bytes.data() + 12, sizeof(header.saddr));
    std::memcpy(&header.daddr, vip.address.bytes.data() + 12, sizeof(header.daddr));
    header.check = checksum(bytes(header));
    return bytes(header) + payload;
}

Bytes ipv6(const Endpoint& source, const VipKey& vip, const Bytes& payload) {
    ipv6hdr header{};
    header.version = 6;
    header.payload_len = htons(static_cast<std::uint16_t>(payload.size()));
    header.nexthdr = static_cast<std::uint8_t>(vip.protocol);
    header.hop_limit = kTtl;
    std::memcpy(&header.saddr, source.address.bytes.data(), sizeof(header.saddr));
    std::memcpy(&header.daddr, vip.address.bytes.data(), sizeof(header.daddr));
    return bytes(header) + payload;
}

}  // namespace

Frame::Frame(const Endpoint& source, const VipKey& vip, Moment moment) {
    const bool is_v4 = vip.address.is_v4();
    const auto payload =
        vip.protocol == Protocol::tcp ? tcp(source, vip, moment) : udp(source, vip, moment);
    ethhdr header{};
    header.h_proto = htons(is_v4 ? ETH_P_IP : ETH_P_IPV6);
    buffer_ = Bytes(kHeadroom + kUnaligned) + bytes(header) +
              (is_v4 ? ipv4(source, vip, payload) : ipv6(source, vip, payload)) + Bytes(kTailroom);
}

lb_frame Frame::arriving(std::uint32_t ifindex) {
    auto* start = buffer_.data();
    auto* end = start + buffer_.size();
    return {start, end, start + kHeadroom + kUnaligned, end - kTailroom, ifindex};
}

}  // namespace lb::explain
