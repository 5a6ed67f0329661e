// SPDX-License-Identifier: Apache-2.0
#include "model_seen.hpp"

namespace lb::test::model {
namespace {

constexpr std::size_t kTagSize = 4, kMostTags = 2;

/// IEEE 802.1Q and 802.1ad.
bool is_tag(std::uint16_t type) {
    return type == kDot1q || type == kDot1ad;
}

lb_verdict see_link(const Bytes& frame, Seen& seen) {
    if (!has(frame, 0, kEthernetSize)) return LB_PASS_TRUNCATED;
    std::size_t at = kEthernetSize - 2;
    while (is_tag(get16(frame, at)) && seen.tags.size() < kTagSize * kMostTags) {
        if (!has(frame, at, kTagSize + 2)) return LB_PASS_TRUNCATED;
        append(seen.tags, slice(frame, at, kTagSize));
        at += kTagSize;
    }
    seen.type = get16(frame, at);
    seen.network = at + 2;
    return LB_NEXT;
}

/// RFC 9000, 17.2 and 14.1; RFC 9369, 3.2: an Initial of version 1 or 2 in 1200 bytes or more.
bool is_quic_initial(const Bytes& frame, std::size_t udp) {
    if (!has(frame, udp, 8 + 5) || get16(frame, udp + 4) < 8 + 1200) return false;
    const auto form = get8(frame, udp + 8) & 0xf0;
    const auto version = get32(frame, udp + 9);
    return (version == 1 && form == 0xc0) || (version == 0x6b3343cf && form == 0xd0);
}

}  // namespace

/// RFC 9293 and RFC 768.  The ports count even where the rest is missing: another port is
/// another's packet.
void see_ports(const Bytes& frame, std::size_t at, std::size_t room, Seen& seen) {
    if (!is_balanced(seen.flow.protocol)) return;
    const bool is_tcp = seen.flow.protocol == IPPROTO_TCP;
    if (room >= 4 && has(frame, at, 4)) {
        seen.flow.source.port = get16(frame, at);
        seen.flow.destination.port = get16(frame, at + 2);
        seen.has_ports = true;
    }
    if (room < (is_tcp ? 20u : 8u) || !seen.has_ports) seen.defect = LB_DROP_MALFORMED;
    if (is_tcp && has(frame, at, 14)) seen.tcp_flags = get8(frame, at + 13);
    if (!is_tcp) seen.is_quic_initial = is_quic_initial(frame, at);
}

bool is_balanced(std::uint8_t protocol) {
    return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP;
}

bool is_extension(std::uint8_t protocol) {
    return protocol == IPPROTO_HOPOPTS || protocol == IPPROTO_ROUTING ||
           protocol == IPPROTO_FRAGMENT || protocol == IPPROTO_DSTOPTS;
}

lb_verdict see(const Bytes& frame, Seen& seen) {
    auto verdict = see_link(frame, seen);
    if (verdict != LB_NEXT) return verdict;
    verdict = LB_PASS_NOT_IP;
    if (seen.type == 0x0800) verdict = see_ipv4(frame, seen);
    if (seen.type == 0x86dd) verdict = see_ipv6(frame, seen);
    const bool is_whole = has(frame, seen.network, seen.length);
    if (!is_whole && seen.defect == LB_NEXT) seen.defect = LB_DROP_MALFORMED;
    return verdict;
}

}  // namespace lb::test::model
