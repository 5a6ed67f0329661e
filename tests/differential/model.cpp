// SPDX-License-Identifier: Apache-2.0
#include "model.hpp"

#include <algorithm>

#include <linux/bpf.h>

namespace lb::test::model {
namespace {

// ------------------------------------------------------------------------------------------ bytes

constexpr std::size_t kEthernet = 14, kIpv4 = 20, kIpv6 = 40;
constexpr std::size_t kLargestPacket = 0xffff;
constexpr std::uint8_t kOuterTtl = 64;

std::uint8_t get8(const Bytes& bytes, std::size_t at) {
    return bytes.at(at);
}
std::uint16_t get16(const Bytes& bytes, std::size_t at) {
    return static_cast<std::uint16_t>(bytes.at(at) << 8 | bytes.at(at + 1));
}
void set16(Bytes& bytes, std::size_t at, std::size_t value) {
    bytes.at(at) = static_cast<std::uint8_t>(value >> 8);
    bytes.at(at + 1) = static_cast<std::uint8_t>(value);
}
bool has(const Bytes& bytes, std::size_t at, std::size_t size) {
    return at + size <= bytes.size();
}
template <class Range>
void append(Bytes& bytes, const Range& more) {
    bytes.insert(bytes.end(), std::begin(more), std::end(more));
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

// ----------------------------------------------------------------------------- what a frame says

/// As much of a packet as could be read.
struct Seen {
    bool is_v4 = false;
    std::size_t network = kEthernet;  ///< where the IP header begins
    std::size_t length = 0;           ///< of the IP packet, by its own word
    std::uint8_t traffic_class = 0;
    std::uint8_t ttl = 0;
    Endpoint source, destination;
    std::uint8_t protocol = 0;
    bool has_ports = false;
    lb_verdict defect = LB_NEXT;  ///< what it gets if it is ours
};

bool is_balanced(std::uint8_t protocol) {
    return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP;
}

/// RFC 9293 and RFC 768; `room` is what the IP header leaves for them.
void see_ports(const Bytes& frame, std::size_t at, std::size_t room, Seen& seen) {
    if (room >= 4 && has(frame, at, 4)) {
        seen.source.port = get16(frame, at);
        seen.destination.port = get16(frame, at + 2);
        seen.has_ports = true;
    }
    const std::size_t header = seen.protocol == IPPROTO_TCP ? 20 : 8;
    if (room < header || !has(frame, seen.network, seen.length)) seen.defect = LB_DROP_MALFORMED;
}

/// RFC 791.
lb_verdict see_ipv4(const Bytes& frame, Seen& seen) {
    const auto at = seen.network;
    if (!has(frame, at, kIpv4)) return LB_PASS_TRUNCATED;
    seen.is_v4 = true;
    seen.protocol = get8(frame, at + 9);
    if (!is_balanced(seen.protocol)) return LB_PASS_NOT_OURS;
    seen.traffic_class = get8(frame, at + 1);
    seen.length = get16(frame, at + 2);
    seen.ttl = get8(frame, at + 8);
    seen.source.address = ipv4_at(frame, at + 12);
    seen.destination.address = ipv4_at(frame, at + 16);

    const std::size_t version = get8(frame, at) >> 4, header = (get8(frame, at) & 15u) * 4;
    const bool more = get16(frame, at + 6) & 0x2000;
    const auto offset = get16(frame, at + 6) & 0x1fff;
    if (version != 4 || header < kIpv4 || seen.length < header) {
        seen.defect = LB_DROP_MALFORMED;
        return LB_NEXT;
    }
    if (header > kIpv4) seen.defect = LB_DROP_IP_OPTIONS;
    if (more || offset != 0) seen.defect = LB_DROP_FRAGMENT;
    if (offset == 0) see_ports(frame, at + header, seen.length - header, seen);
    return LB_NEXT;
}

/// RFC 8200, 4.  The ports are not looked for; ICMPv6 is nobody's who balances TCP and UDP.
lb_verdict see_extension(const Bytes& frame, std::uint8_t type, Seen& seen) {
    const auto at = seen.network + kIpv6;
    if (!has(frame, at, 1)) {
        seen.defect = LB_DROP_MALFORMED;
        return LB_NEXT;
    }
    if (get8(frame, at) == IPPROTO_ICMPV6) return LB_PASS_NOT_OURS;
    seen.defect = type == IPPROTO_FRAGMENT ? LB_DROP_FRAGMENT : LB_DROP_EXTENSION_HEADER;
    return LB_NEXT;
}

/// RFC 8200, 3.
lb_verdict see_ipv6(const Bytes& frame, Seen& seen) {
    const auto at = seen.network;
    if (!has(frame, at, kIpv6)) return LB_PASS_TRUNCATED;
    const auto next = get8(frame, at + 6);
    const bool is_extension = next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING ||
                              next == IPPROTO_FRAGMENT || next == IPPROTO_DSTOPTS;
    if (!is_balanced(next) && !is_extension) return LB_PASS_NOT_OURS;
    const std::size_t payload = get16(frame, at + 4);
    seen.protocol = next;
    seen.traffic_class = static_cast<std::uint8_t>(get16(frame, at) >> 4);
    seen.length = kIpv6 + payload;
    seen.ttl = get8(frame, at + 7);
    seen.source.address = ipv6_at(frame, at + 8);
    seen.destination.address = ipv6_at(frame, at + 24);
    if (get8(frame, at) >> 4 != 6) {
        seen.defect = LB_DROP_MALFORMED;
        return LB_NEXT;
    }
    if (is_extension) return see_extension(frame, next, seen);
    see_ports(frame, at + kIpv6, payload, seen);
    return LB_NEXT;
}

lb_verdict see(const Bytes& frame, Seen& seen) {
    if (!has(frame, 0, kEthernet)) return LB_PASS_TRUNCATED;
    const auto type = get16(frame, 12);
    if (type == 0x0800) return see_ipv4(frame, seen);
    if (type == 0x86dd) return see_ipv6(frame, seen);
    return LB_PASS_NOT_IP;
}

// ------------------------------------------------------------------------------- whose, and where

/// docs/decisions/0002-slot-hash.md: NH (RFC 4418, 5.2.2) over ten words of the flow as it lies in
/// memory, plus the last key, then the finaliser.
std::uint64_t hash_of(const Seen& seen, const Keys& keys) {
    Bytes flow;
    append(flow, seen.source.address.bytes);
    append(flow, seen.destination.address.bytes);
    flow.resize(40);
    set16(flow, 32, seen.source.port);
    set16(flow, 34, seen.destination.port);
    flow[36] = seen.protocol;
    const auto keyed = [&](std::size_t word) {
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < 4; ++i)
            value |= std::uint64_t{flow[4 * word + i]} << (8 * i);
        return (value + keys.words[word]) % (1ull << 32);
    };
    std::uint64_t hash = keys.last;
    for (std::size_t pair = 0; pair < 5; ++pair)
        hash += keyed(2 * pair) * keyed(2 * pair + 1);
    for (const auto factor : {0xff51afd7ed558ccdull, 0xc4ceb9fe1a85ec53ull}) {
        hash ^= hash >> 33;
        hash *= factor;
    }
    return hash ^ hash >> 33;
}

/// A packet without ports is judged by its address alone.
lb_verdict find_vip(const Tables& tables, const Seen& seen, Answer& answer) {
    bool is_our_address = false;
    for (std::uint32_t number = 0; number < tables.vips.size(); ++number) {
        const auto& vip = tables.vips[number];
        if (vip.at.address != seen.destination.address) continue;
        is_our_address = true;
        if (seen.has_ports && vip.at.port == seen.destination.port && vip.protocol == seen.protocol)
            answer.vip = number;
    }
    if (answer.vip || (is_our_address && !seen.has_ports)) return LB_NEXT;
    return LB_PASS_NOT_OURS;
}

/// reliability.md 1.4, without flow entries.
lb_verdict choose_backend(const Tables& tables, std::uint64_t hash, Answer& answer) {
    const auto& slots = tables.vips[*answer.vip].slots;
    if (slots.empty()) return LB_DROP_BAD_REF;
    const auto index = slots[(hash >> 32) * slots.size() >> 32].current;
    if (index == LB_SLOT_NONE) return LB_DROP_NO_BACKEND;
    if (index >= tables.backends.size() || tables.backends[index].birth == 0)
        return LB_DROP_BAD_REF;
    answer.backend = index;
    return tables.backends[index].state == LB_BACKEND_OFF ? LB_DROP_BACKEND_OFF : LB_NEXT;
}

// ---------------------------------------------------------------------------------------- leaving

struct Way {
    const Backend& backend;
    const Egress& egress;
    std::uint64_t hash;
};

Bytes ethernet(const Way& way, std::uint16_t type) {
    Bytes header;
    append(header, way.backend.next_hop);
    append(header, way.egress.mac);
    header.resize(kEthernet);
    set16(header, 12, type);
    return header;
}

/// The IP packet of a frame, one hop later; nothing behind it.
Bytes aged(const Bytes& frame, const Seen& seen) {
    const auto start = frame.begin() + static_cast<std::ptrdiff_t>(seen.network);
    Bytes packet(start, start + static_cast<std::ptrdiff_t>(seen.length));
    if (!seen.is_v4) {
        --packet[7];
        return packet;
    }
    // RFC 1624, equation 3: HC' = ~(~HC + ~m + m')
    const auto before = get16(packet, 8);
    --packet[8];
    std::uint32_t sum = static_cast<std::uint16_t>(~get16(packet, 10));
    sum += static_cast<std::uint16_t>(~before);
    sum += get16(packet, 8);
    while (sum > 0xffff)
        sum = (sum & 0xffff) + (sum >> 16);
    set16(packet, 10, static_cast<std::uint16_t>(~sum));
    return packet;
}

/// design.md 7, "Outer header".
Bytes outer_ipv4(const Way& way, const Seen& seen, std::uint8_t protocol, std::size_t payload) {
    Bytes header(kIpv4);
    header[0] = 0x45;
    header[1] = seen.traffic_class;
    set16(header, 2, kIpv4 + payload);
    set16(header, 6, 0x4000);
    header[8] = kOuterTtl;
    header[9] = protocol;
    std::copy_n(way.egress.source4->bytes.begin() + 12, 4, header.begin() + 12);
    std::copy_n(way.backend.address.bytes.begin() + 12, 4, header.begin() + 16);
    set16(header, 10, checksum(header));
    return header;
}

Bytes outer_ipv6(const Way& way, const Seen& seen, std::uint8_t protocol, std::size_t payload) {
    const auto label = std::max<std::uint64_t>(way.hash & 0xfffff, (way.hash & 0xfffff) == 0);
    Bytes header(8);
    set16(header, 0, 0x6000u | static_cast<unsigned>(seen.traffic_class) << 4 | label >> 16);
    set16(header, 2, label & 0xffff);
    set16(header, 4, payload);
    header[6] = protocol;
    header[7] = kOuterTtl;
    append(header, way.egress.source6->bytes);
    append(header, way.backend.address.bytes);
    return header;
}

lb_verdict tunnel(const Way& way, const Bytes& frame, const Seen& seen, Answer& answer) {
    const bool is_v4 = way.backend.address.is_v4();
    if (!(is_v4 ? way.egress.source4 : way.egress.source6)) return LB_DROP_NO_SOURCE;
    const auto length = seen.length + (is_v4 ? kIpv4 : kIpv6);
    if (length > way.egress.mtu || length > kLargestPacket) return LB_DROP_MTU;
    const auto packet = aged(frame, seen);
    const std::uint8_t protocol = seen.is_v4 ? IPPROTO_IPIP : IPPROTO_IPV6;
    answer.frame = ethernet(way, is_v4 ? 0x0800 : 0x86dd);
    append(*answer.frame, is_v4 ? outer_ipv4(way, seen, protocol, packet.size())
                                : outer_ipv6(way, seen, protocol, packet.size()));
    append(*answer.frame, packet);
    return LB_NEXT;
}

/// What lies behind the IP packet stays.
lb_verdict readdress(const Way& way, const Bytes& frame, const Seen& seen, Answer& answer) {
    if (seen.length > way.egress.mtu) return LB_DROP_MTU;
    const auto packet = aged(frame, seen);
    answer.frame = frame;
    const auto link = ethernet(way, get16(frame, 12));
    std::copy(link.begin(), link.end(), answer.frame->begin());
    std::copy(packet.begin(), packet.end(),
              answer.frame->begin() + static_cast<std::ptrdiff_t>(seen.network));
    return LB_NEXT;
}

lb_verdict forward(const Tables& tables, const Bytes& frame, const Seen& seen, std::uint64_t hash,
                   std::uint32_t ingress, Answer& answer) {
    const auto& backend = tables.backends[*answer.backend];
    if (backend.egress == 0) return LB_DROP_NO_NEIGHBOUR;
    if (backend.egress >= tables.egresses.size() || tables.egresses[backend.egress].ifindex == 0)
        return LB_DROP_BAD_REF;
    const Way way{backend, tables.egresses[backend.egress], hash};
    if (seen.ttl <= 1) return LB_DROP_TTL;
    lb_verdict verdict = LB_DROP_BAD_REF;
    if (backend.mode == LB_FORWARD_IPIP) verdict = tunnel(way, frame, seen, answer);
    if (backend.mode == LB_FORWARD_L2) verdict = readdress(way, frame, seen, answer);
    if (verdict != LB_NEXT) return verdict;
    if (way.egress.ifindex == ingress) return LB_FORWARD;
    answer.redirect = way.egress.ifindex;
    return LB_FORWARD_REDIRECT;
}

lb_verdict judge(const Tables& tables, const Bytes& frame, std::uint32_t ingress, Answer& answer) {
    Seen seen;
    if (const auto verdict = see(frame, seen); verdict != LB_NEXT) return verdict;
    if (const auto verdict = find_vip(tables, seen, answer); verdict != LB_NEXT) return verdict;
    if (seen.defect != LB_NEXT) return seen.defect;
    const auto hash = hash_of(seen, tables.keys);
    if (const auto verdict = choose_backend(tables, hash, answer); verdict != LB_NEXT)
        return verdict;
    return forward(tables, frame, seen, hash, ingress, answer);
}

int action_of(lb_verdict verdict) {
    switch (verdict) {
        case LB_PASS_NOT_IP:
        case LB_PASS_TRUNCATED:
        case LB_PASS_NOT_OURS:
            return XDP_PASS;
        case LB_FORWARD:
            return XDP_TX;
        case LB_FORWARD_REDIRECT:
            return XDP_REDIRECT;
        default:
            return XDP_DROP;
    }
}

}  // namespace

Answer receive(const Tables& tables, const Bytes& frame, std::uint32_t ingress) {
    Answer answer;
    answer.verdict = judge(tables, frame, ingress, answer);
    answer.action = action_of(answer.verdict);
    if (answer.action == XDP_PASS) answer.frame = frame;
    if (answer.action == XDP_DROP) answer.frame.reset();
    if (answer.action != XDP_TX && answer.action != XDP_REDIRECT) answer.backend.reset();
    return answer;
}

}  // namespace lb::test::model
