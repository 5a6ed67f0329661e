// SPDX-License-Identifier: Apache-2.0
#include "model_leaving.hpp"

#include <algorithm>

namespace lb::test::model {
namespace {

constexpr std::size_t kGueSize = 12, kLargestPacket = 0xffff;
constexpr std::uint8_t kOuterTtl = 64;

struct Way {
    const Backend& backend;
    const Egress& egress;
    std::uint64_t hash;  ///< 0 if it is chance
    bool is_same_link;
};

std::size_t outer_size(const Backend& backend) {
    if (backend.mode == LB_FORWARD_L2) return 0;
    return (backend.address.is_v4() ? kIpv4Size : kIpv6Size) +
           (backend.mode == LB_FORWARD_GUE ? kGueSize : 0);
}

/// docs/decisions/0021-tags.md: a next hop's tag is known, other tags stay on their link.
Bytes link_header(const Way& way, const Seen& seen, std::uint16_t type) {
    Bytes header;
    append(header, way.backend.next_hop);
    append(header, way.egress.mac);
    if (!way.egress.tag.empty())
        append(header, way.egress.tag);
    else if (way.is_same_link)
        append(header, seen.tags);
    header.resize(header.size() + 2);
    set16(header, header.size() - 2, type);
    return header;
}

/// The IP packet of a frame, one hop later; nothing behind it.
Bytes aged(const Bytes& frame, const Seen& seen) {
    auto packet = slice(frame, seen.network, seen.length);
    if (seen.is_v4)
        replace16(packet, 8, get16(packet, 8) - 0x100u, 10);
    else
        --packet[7];
    return packet;
}

/// design.md 7, "Outer header".
Bytes outer_ipv4(const Way& way, const Seen& seen, std::uint8_t protocol, std::size_t payload) {
    Bytes header(12);
    header[0] = 0x45;
    header[1] = seen.traffic_class;
    set16(header, 2, kIpv4Size + payload);
    set16(header, 6, 0x4000);
    header[8] = kOuterTtl;
    header[9] = protocol;
    append_ipv4(header, *way.egress.source4);
    append_ipv4(header, way.backend.address);
    set16(header, 10, checksum(header));
    return header;
}

Bytes outer_ipv6(const Way& way, const Seen& seen, std::uint8_t protocol, std::size_t payload) {
    const auto label = std::max<std::uint64_t>(way.hash & 0xfffff, 1);
    Bytes header(8);
    set32(header, 0, 0x60000000u | std::uint32_t{seen.traffic_class} << 20 | label);
    set16(header, 4, payload);
    header[6] = protocol;
    header[7] = kOuterTtl;
    append(header, way.egress.source6->bytes);
    append(header, way.backend.address.bytes);
    return header;
}

/// draft-ietf-intarea-gue-09, 3.2: version 0, a data message without options, behind UDP.
Bytes gue(const Way& way, std::uint8_t protocol, std::size_t payload) {
    Bytes header(kGueSize);
    set16(header, 0, 0x8000u | (way.hash & 0xffff));
    set16(header, 2, kGuePort);
    set16(header, 4, kGueSize + payload);
    header[9] = protocol;
    return header;
}

/// Flow label and source port come from the hash.
void open_bits_of_chance(const Way& way, std::size_t outer, Answer& answer) {
    const bool is_v4 = way.backend.address.is_v4();
    if (!is_v4) answer.open_bits = {{outer + 1, 0x0f}, {outer + 2, 0xff}, {outer + 3, 0xff}};
    if (way.backend.mode != LB_FORWARD_GUE) return;
    const auto port = outer + (is_v4 ? kIpv4Size : kIpv6Size);
    answer.open_bits.emplace_back(port, 0x7f);
    answer.open_bits.emplace_back(port + 1, 0xff);
}

lb_verdict tunnel(const Way& way, const Bytes& frame, const Seen& seen, Answer& answer) {
    const bool is_v4 = way.backend.address.is_v4();
    if (!(is_v4 ? way.egress.source4 : way.egress.source6)) return LB_DROP_NO_SOURCE;
    const bool is_gue = way.backend.mode == LB_FORWARD_GUE;
    const std::uint8_t inner = seen.is_v4 ? IPPROTO_IPIP : IPPROTO_IPV6;
    const std::uint8_t protocol = is_gue ? std::uint8_t{IPPROTO_UDP} : inner;
    Bytes payload;
    if (is_gue) append(payload, gue(way, inner, seen.length));
    append(payload, aged(frame, seen));
    auto leaving = link_header(way, seen, is_v4 ? 0x0800 : 0x86dd);
    if (answer.is_chance) open_bits_of_chance(way, leaving.size(), answer);
    append(leaving, is_v4 ? outer_ipv4(way, seen, protocol, payload.size())
                          : outer_ipv6(way, seen, protocol, payload.size()));
    append(leaving, payload);
    answer.frame = std::move(leaving);
    return LB_NEXT;
}

/// What lies behind the IP packet stays.
lb_verdict readdress(const Way& way, const Bytes& frame, const Seen& seen, Answer& answer) {
    answer.frame = link_header(way, seen, seen.type);
    append(*answer.frame, aged(frame, seen));
    const auto rest = seen.network + seen.length;
    append(*answer.frame, slice(frame, rest, frame.size() - rest));
    return LB_NEXT;
}

bool is_mode(unsigned mode) {
    return mode == LB_FORWARD_IPIP || mode == LB_FORWARD_GUE || mode == LB_FORWARD_L2;
}

lb_verdict send(const Way& way, const Bytes& frame, const Seen& seen, Answer& answer) {
    return way.backend.mode == LB_FORWARD_L2 ? readdress(way, frame, seen, answer)
                                             : tunnel(way, frame, seen, answer);
}

}  // namespace

lb_verdict forward(const Tables& tables, const Bytes& frame, const Seen& seen,
                   std::uint32_t ingress, Answer& answer) {
    const auto& backend = tables.backends[*answer.backend];
    if (backend.egress == 0) return LB_DROP_NO_NEIGHBOUR;
    if (backend.egress >= tables.egresses.size() || tables.egresses[backend.egress].ifindex == 0)
        return LB_DROP_BAD_REF;
    if (!is_mode(backend.mode)) return LB_DROP_BAD_REF;
    const auto& egress = tables.egresses[backend.egress];
    const auto length = seen.length + outer_size(backend);
    if (length > egress.mtu || length > kLargestPacket) return LB_DROP_MTU;
    if (seen.ttl <= 1) return LB_DROP_TTL;
    const Way way{backend, egress, answer.hash.value_or(0), egress.ifindex == ingress};
    if (const auto verdict = send(way, frame, seen, answer); verdict != LB_NEXT) return verdict;
    if (way.is_same_link) return LB_FORWARD;
    answer.redirect = egress.ifindex;
    return LB_FORWARD_REDIRECT;
}

std::optional<std::size_t> room_for(const Tables& tables, std::uint32_t backend) {
    const auto& way = tables.backends[backend];
    const auto most = std::min<std::size_t>(tables.egresses[way.egress].mtu, kLargestPacket);
    const auto outer = outer_size(way);
    return most < outer ? std::nullopt : std::optional{most - outer};
}

}  // namespace lb::test::model
