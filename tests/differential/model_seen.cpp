// SPDX-License-Identifier: Apache-2.0
#include "model_seen.hpp"

#include <algorithm>

namespace lb::test::model {
namespace {

constexpr std::size_t kEthernet = 14, kIpv4 = 20, kIpv6 = 40, kMostTags = 2, kMostExtensions = 4;

std::uint8_t get8(const Bytes& bytes, std::size_t at) {
    return bytes.at(at);
}
bool has(const Bytes& bytes, std::size_t at, std::size_t size) {
    return at + size <= bytes.size();
}
Address ipv4_at(const Bytes& bytes, std::size_t at) {
    Address address;
    address.bytes[10] = address.bytes[11] = 0xff;
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), 4, address.bytes.begin() + 12);
    return address;
}
Address ipv6_at(const Bytes& bytes, std::size_t at) {
    Address address;
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), 16, address.bytes.begin());
    return address;
}

/// IEEE 802.1Q and 802.1ad.
bool is_tag(std::uint16_t type) {
    return type == 0x8100 || type == 0x88a8;
}

lb_verdict see_link(const Bytes& frame, Seen& seen) {
    if (!has(frame, 0, kEthernet)) return LB_PASS_TRUNCATED;
    std::size_t at = kEthernet - 2;
    while (is_tag(get16(frame, at)) && seen.tags.size() < 4 * kMostTags) {
        if (!has(frame, at, 6)) return LB_PASS_TRUNCATED;
        for (std::size_t i = 0; i < 4; ++i)
            seen.tags.push_back(frame[at + i]);
        at += 4;
    }
    seen.type = get16(frame, at);
    seen.network = at + 2;
    return LB_NEXT;
}

/// RFC 9000, 17.2 and 14.1; RFC 9369, 3.2: an Initial of version 1 or 2 in 1200 bytes or more.
bool is_quic_initial(const Bytes& frame, std::size_t udp) {
    if (!has(frame, udp, 8 + 5) || get16(frame, udp + 4) < 8 + 1200) return false;
    const auto form = get8(frame, udp + 8) & 0xf0;
    const auto version = std::uint32_t{get16(frame, udp + 9)} << 16 | get16(frame, udp + 11);
    return (version == 1 && form == 0xc0) || (version == 0x6b3343cf && form == 0xd0);
}

/// RFC 9293 and RFC 768; `room` is what the IP header leaves for them.
void see_ports(const Bytes& frame, std::size_t at, std::size_t room, Seen& seen) {
    if (!is_balanced(seen.flow.protocol)) return;
    if (room >= 4 && has(frame, at, 4)) {
        seen.flow.source.port = get16(frame, at);
        seen.flow.destination.port = get16(frame, at + 2);
        seen.has_ports = true;
    }
    const bool is_tcp = seen.flow.protocol == IPPROTO_TCP;
    if (room < (is_tcp ? 20u : 8u) || !has(frame, seen.network, seen.length))
        seen.defect = LB_DROP_MALFORMED;
    else if (is_tcp)
        seen.tcp_flags = get8(frame, at + 13);
    else
        seen.is_quic_initial = is_quic_initial(frame, at);
}

/// RFC 791, 3.1: every option but two has a length; source routes are not followed.
lb_verdict see_options(const Bytes& frame, std::size_t at, std::size_t size) {
    for (std::size_t place = 0; place < size;) {
        if (!has(frame, at + place, 1)) return LB_DROP_MALFORMED;
        const auto type = get8(frame, at + place);
        if (type == 0) return LB_NEXT;
        if (type == 131 || type == 137) return LB_DROP_SOURCE_ROUTE;
        std::size_t length = 1;
        if (type != 1) {
            if (!has(frame, at + place, 2)) return LB_DROP_MALFORMED;
            length = get8(frame, at + place + 1);
            if (length < 2 || place + length > size) return LB_DROP_MALFORMED;
            if (!has(frame, at + place, length)) return LB_DROP_MALFORMED;
        }
        place += length;
    }
    return LB_NEXT;
}

/// RFC 791.
lb_verdict see_ipv4(const Bytes& frame, Seen& seen) {
    const auto at = seen.network;
    if (!has(frame, at, kIpv4)) return LB_PASS_TRUNCATED;
    seen.is_v4 = true;
    seen.flow.protocol = get8(frame, at + 9);
    seen.traffic_class = get8(frame, at + 1);
    seen.length = get16(frame, at + 2);
    seen.ttl = get8(frame, at + 8);
    seen.flow.source.address = ipv4_at(frame, at + 12);
    seen.flow.destination.address = ipv4_at(frame, at + 16);

    const std::size_t version = get8(frame, at) >> 4, header = (get8(frame, at) & 15u) * 4;
    const bool more = get16(frame, at + 6) & 0x2000;
    const auto offset = get16(frame, at + 6) & 0x1fff;
    if (version != 4 || header < kIpv4 || seen.length < header) {
        seen.defect = LB_DROP_MALFORMED;
        return LB_NEXT;
    }
    seen.defect = see_options(frame, at + kIpv4, header - kIpv4);
    if (more || offset != 0) seen.defect = LB_DROP_FRAGMENT;
    if (offset == 0) see_ports(frame, at + header, seen.length - header, seen);
    return LB_NEXT;
}

/// RFC 8200, 4.  `left`: of these headers and what follows, as IPv6 has announced.
void see_extensions(const Bytes& frame, std::size_t at, std::size_t left, Seen& seen) {
    auto& next = seen.flow.protocol;
    for (std::size_t i = 0; i < kMostExtensions && is_extension(next); ++i) {
        const bool is_fragment = next == IPPROTO_FRAGMENT;
        const std::size_t size =
            has(frame, at, 8) ? 8 + (is_fragment ? 0 : 8 * std::size_t{get8(frame, at + 1)}) : 0;
        if (size == 0 || size > left || !has(frame, at, size)) {
            seen.defect = LB_DROP_MALFORMED;
            return;
        }
        const bool has_segments_left = next == IPPROTO_ROUTING && get8(frame, at + 3) != 0;
        const unsigned place = is_fragment ? get16(frame, at + 2) : 0;
        next = get8(frame, at);
        if (has_segments_left) seen.defect = LB_DROP_SOURCE_ROUTE;
        if (place & 0xfff9) seen.defect = LB_DROP_FRAGMENT;
        if (place & 0xfff8) return;  // what follows is no header
        at += size;
        left -= size;
    }
    if (is_extension(next))
        seen.defect = LB_DROP_EXTENSION_HEADER;
    else
        see_ports(frame, at, left, seen);
}

/// RFC 8200, 3.
lb_verdict see_ipv6(const Bytes& frame, Seen& seen) {
    const auto at = seen.network;
    if (!has(frame, at, kIpv6)) return LB_PASS_TRUNCATED;
    const std::size_t payload = get16(frame, at + 4);
    seen.flow.protocol = get8(frame, at + 6);
    seen.traffic_class = static_cast<std::uint8_t>(get16(frame, at) >> 4);
    seen.length = kIpv6 + payload;
    seen.ttl = get8(frame, at + 7);
    seen.flow.source.address = ipv6_at(frame, at + 8);
    seen.flow.destination.address = ipv6_at(frame, at + 24);
    if (get8(frame, at) >> 4 != 6)
        seen.defect = LB_DROP_MALFORMED;
    else
        see_extensions(frame, at + kIpv6, payload, seen);
    return LB_NEXT;
}

}  // namespace

std::uint16_t get16(const Bytes& bytes, std::size_t at) {
    return static_cast<std::uint16_t>(bytes.at(at) << 8 | bytes.at(at + 1));
}

void set16(Bytes& bytes, std::size_t at, std::size_t value) {
    bytes.at(at) = static_cast<std::uint8_t>(value >> 8);
    bytes.at(at + 1) = static_cast<std::uint8_t>(value);
}

bool is_balanced(std::uint8_t protocol) {
    return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP;
}

bool is_extension(std::uint8_t protocol) {
    return protocol == IPPROTO_HOPOPTS || protocol == IPPROTO_ROUTING ||
           protocol == IPPROTO_FRAGMENT || protocol == IPPROTO_DSTOPTS;
}

lb_verdict see(const Bytes& frame, Seen& seen) {
    if (const auto verdict = see_link(frame, seen); verdict != LB_NEXT) return verdict;
    if (seen.type == 0x0800) return see_ipv4(frame, seen);
    if (seen.type == 0x86dd) return see_ipv6(frame, seen);
    return LB_PASS_NOT_IP;
}

}  // namespace lb::test::model
