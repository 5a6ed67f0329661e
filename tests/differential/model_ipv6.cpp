// SPDX-License-Identifier: Apache-2.0
/// IPv6 for the model: RFC 8200.
#include "model_seen.hpp"

namespace lb::test::model {
namespace {

constexpr std::size_t kMostExtensions = 4;

/// The bytes of an extension header (4.3 to 4.6); 0 if it is not all there.
std::size_t extension_size(const Bytes& frame, std::size_t at, std::uint8_t type) {
    if (!has(frame, at, 8)) return 0;
    const std::size_t size = type == IPPROTO_FRAGMENT ? 8 : 8 * (1u + get8(frame, at + 1));
    return has(frame, at, size) ? size : 0;
}

/// 4.5; one with neither an offset nor more to come is a whole datagram (RFC 6946).
void see_fragment(const Bytes& frame, std::size_t at, Seen& seen) {
    const auto word = get16(frame, at + 2);
    seen.identification = get32(frame, at + 4);
    if (word >> 3 != 0)
        seen.part = Seen::Part::later;
    else if (word & 1)
        seen.part = Seen::Part::first;
}

/// 4.4: a route that still has to be taken.
bool is_source_route(const Bytes& frame, std::size_t at, std::uint8_t type) {
    return type == IPPROTO_ROUTING && get8(frame, at + 3) != 0;
}

/// `left`: of these headers and what follows, as IPv6 has announced.
void see_extensions(const Bytes& frame, std::size_t at, std::size_t left, Seen& seen) {
    auto& next = seen.flow.protocol;
    for (std::size_t i = 0; i < kMostExtensions && is_extension(next); ++i) {
        const auto type = next;
        const auto size = extension_size(frame, at, type);
        if (size == 0 || size > left) {
            seen.defect = LB_DROP_MALFORMED;
            return;
        }
        next = get8(frame, at);
        if (is_source_route(frame, at, type)) seen.defect = LB_DROP_SOURCE_ROUTE;
        if (type == IPPROTO_FRAGMENT) see_fragment(frame, at, seen);
        if (seen.part == Seen::Part::later) return;  // what follows is no header
        at += size;
        left -= size;
    }
    if (is_extension(next))
        seen.defect = LB_DROP_EXTENSION_HEADER;
    else
        see_ports(frame, at, left, seen);
}

}  // namespace

lb_verdict see_ipv6(const Bytes& frame, Seen& seen) {
    const auto at = seen.network;
    if (!has(frame, at, kIpv6Size)) return LB_PASS_TRUNCATED;
    const std::size_t payload = get16(frame, at + 4);
    seen.flow.protocol = get8(frame, at + 6);
    seen.traffic_class = static_cast<std::uint8_t>(get16(frame, at) >> 4);
    seen.length = kIpv6Size + payload;
    seen.ttl = get8(frame, at + 7);
    seen.flow.source.address = ipv6_at(frame, at + 8);
    seen.flow.destination.address = ipv6_at(frame, at + 24);
    seen.has_extensions = is_extension(seen.flow.protocol);
    if (get8(frame, at) >> 4 != 6) {
        seen.defect = LB_DROP_MALFORMED;
        return LB_NEXT;
    }
    seen.header = kIpv6Size;
    see_extensions(frame, at + kIpv6Size, payload, seen);
    return LB_NEXT;
}

}  // namespace lb::test::model
