// SPDX-License-Identifier: Apache-2.0
#include "model_leaving.hpp"

#include <algorithm>

namespace lb::test::model {
namespace {

constexpr std::size_t kIpv4 = 20, kIpv6 = 40, kLargestPacket = 0xffff;
constexpr std::uint8_t kOuterTtl = 64;

struct Way {
    const Backend& backend;
    const Egress& egress;
    std::uint64_t hash;
    bool is_same_link;
};

/// docs/decisions/0021-tags.md: a tag stays on its link.
Bytes link_header(const Way& way, const Seen& seen, std::uint16_t type) {
    Bytes header;
    append(header, way.backend.next_hop);
    append(header, way.egress.mac);
    if (way.is_same_link) append(header, seen.tags);
    header.resize(header.size() + 2);
    set16(header, header.size() - 2, type);
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
    auto label = way.hash & 0xfffff;
    if (label == 0) label = 1;
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

/// draft-ietf-intarea-gue-09, 3.2: version 0, a data message without options, behind UDP.
Bytes gue(const Way& way, std::uint8_t protocol, std::size_t payload) {
    Bytes header(12);
    set16(header, 0, 0x8000u | (way.hash & 0xffff));
    set16(header, 2, 6080);
    set16(header, 4, 12 + payload);
    header[9] = protocol;
    return header;
}

lb_verdict tunnel(const Way& way, const Bytes& frame, const Seen& seen, Answer& answer) {
    const bool is_v4 = way.backend.address.is_v4();
    if (!(is_v4 ? way.egress.source4 : way.egress.source6)) return LB_DROP_NO_SOURCE;
    const bool is_gue = way.backend.mode == LB_FORWARD_GUE;
    const auto length = (is_v4 ? kIpv4 : kIpv6) + (is_gue ? 12u : 0u) + seen.length;
    if (length > way.egress.mtu || length > kLargestPacket) return LB_DROP_MTU;
    const std::uint8_t inner = seen.is_v4 ? IPPROTO_IPIP : IPPROTO_IPV6;
    Bytes payload;
    if (is_gue) append(payload, gue(way, inner, seen.length));
    append(payload, aged(frame, seen));
    const std::uint8_t protocol = is_gue ? std::uint8_t{IPPROTO_UDP} : inner;
    answer.frame = link_header(way, seen, is_v4 ? 0x0800 : 0x86dd);
    append(*answer.frame, is_v4 ? outer_ipv4(way, seen, protocol, payload.size())
                                : outer_ipv6(way, seen, protocol, payload.size()));
    append(*answer.frame, payload);
    return LB_NEXT;
}

/// What lies behind the IP packet stays.
lb_verdict readdress(const Way& way, const Bytes& frame, const Seen& seen, Answer& answer) {
    if (seen.length > way.egress.mtu) return LB_DROP_MTU;
    answer.frame = link_header(way, seen, seen.type);
    append(*answer.frame, aged(frame, seen));
    const auto rest = static_cast<std::ptrdiff_t>(seen.network + seen.length);
    append(*answer.frame, Bytes(frame.begin() + rest, frame.end()));
    return LB_NEXT;
}

}  // namespace

lb_verdict forward(const Tables& tables, const Bytes& frame, const Seen& seen, std::uint64_t hash,
                   std::uint32_t ingress, Answer& answer) {
    const auto& backend = tables.backends[*answer.backend];
    if (backend.egress == 0) return LB_DROP_NO_NEIGHBOUR;
    if (backend.egress >= tables.egresses.size() || tables.egresses[backend.egress].ifindex == 0)
        return LB_DROP_BAD_REF;
    const auto& egress = tables.egresses[backend.egress];
    const Way way{backend, egress, hash, egress.ifindex == ingress};
    if (seen.ttl <= 1) return LB_DROP_TTL;
    lb_verdict verdict = LB_DROP_BAD_REF;
    if (backend.mode == LB_FORWARD_IPIP || backend.mode == LB_FORWARD_GUE)
        verdict = tunnel(way, frame, seen, answer);
    if (backend.mode == LB_FORWARD_L2) verdict = readdress(way, frame, seen, answer);
    if (verdict != LB_NEXT) return verdict;
    if (way.is_same_link) return LB_FORWARD;
    answer.redirect = way.egress.ifindex;
    return LB_FORWARD_REDIRECT;
}

}  // namespace lb::test::model
