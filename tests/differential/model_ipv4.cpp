// SPDX-License-Identifier: Apache-2.0
/// IPv4 for the model: RFC 791.
#include "model_seen.hpp"

namespace lb::test::model {
namespace {

/// 3.1: every option but two has a length; source routes are not followed.
lb_verdict see_options(const Bytes& frame, std::size_t at, std::size_t size) {
    constexpr std::uint8_t kEnd = 0, kNothing = 1, kLooseRoute = 131, kStrictRoute = 137;
    for (std::size_t place = 0; place < size;) {
        if (!has(frame, at + place, 1)) return LB_DROP_MALFORMED;
        const auto type = get8(frame, at + place);
        if (type == kEnd) return LB_NEXT;
        if (type == kLooseRoute || type == kStrictRoute) return LB_DROP_SOURCE_ROUTE;
        std::size_t length = 1;
        if (type != kNothing) {
            if (!has(frame, at + place, 2)) return LB_DROP_MALFORMED;
            length = get8(frame, at + place + 1);
            if (length < 2 || place + length > size) return LB_DROP_MALFORMED;
            if (!has(frame, at + place, length)) return LB_DROP_MALFORMED;
        }
        place += length;
    }
    return LB_NEXT;
}

void see_fragment(const Bytes& frame, Seen& seen) {
    const auto word = get16(frame, seen.network + 6);
    const bool more = word & 0x2000;
    const auto offset = word & 0x1fff;
    seen.may_be_fragmented = !(word & 0x4000);
    if (!more && offset == 0) return;
    seen.part = offset == 0 ? Seen::Part::first : Seen::Part::later;
    seen.identification = std::uint32_t{get16(frame, seen.network + 4)} << 16;
}

}  // namespace

lb_verdict see_ipv4(const Bytes& frame, Seen& seen) {
    const auto at = seen.network;
    if (!has(frame, at, kIpv4Size)) return LB_PASS_TRUNCATED;
    seen.is_v4 = true;
    seen.flow.protocol = get8(frame, at + 9);
    seen.traffic_class = get8(frame, at + 1);
    seen.length = get16(frame, at + 2);
    seen.ttl = get8(frame, at + 8);
    seen.flow.source.address = ipv4_at(frame, at + 12);
    seen.flow.destination.address = ipv4_at(frame, at + 16);

    const std::size_t version = get8(frame, at) >> 4, header = (get8(frame, at) & 15u) * 4;
    if (version != 4 || header < kIpv4Size || seen.length < header) {
        seen.defect = LB_DROP_MALFORMED;
        return LB_NEXT;
    }
    seen.header = header;
    seen.defect = see_options(frame, at + kIpv4Size, header - kIpv4Size);
    see_fragment(frame, seen);
    if (seen.part != Seen::Part::later) see_ports(frame, at + header, seen.length - header, seen);
    return LB_NEXT;
}

}  // namespace lb::test::model
