// SPDX-License-Identifier: Apache-2.0
#include "model_icmp.hpp"

namespace lb::test::model {
namespace {

constexpr std::size_t kHeader = 8;

Message::Kind kind_of(bool is_v4, std::uint8_t type, std::uint8_t code) {
    using enum Message::Kind;
    if (is_v4) {
        if (type == 3 || type == 11 || type == 12) return error;
        return type == 8 && code == 0 ? echo : other;
    }
    if (type >= 1 && type <= 4) return error;
    if (type >= 133 && type <= 137) return link;
    return type == 128 && code == 0 ? echo : other;
}

bool asks_too_little(const Bytes& frame, const Seen& seen, std::size_t at) {
    const auto type = get8(frame, at), code = get8(frame, at + 1);
    if (seen.is_v4) return type == 3 && code == 4 && get16(frame, at + 6) < 576;
    return type == 2 && get32(frame, at + 4) < 1280;
}

/// An IP packet that may have been cut off anywhere.
std::optional<Flow> see_quoted_ipv4(const Bytes& quote, std::size_t& ports) {
    if (!has(quote, 0, kIpv4Size)) return {};
    const bool is_later = get16(quote, 6) & 0x1fff;
    ports = (get8(quote, 0) & 15u) * 4;
    if (get8(quote, 0) >> 4 != 4 || ports < kIpv4Size || is_later) return {};
    return Flow{{ipv4_at(quote, 12), 0}, {ipv4_at(quote, 16), 0}, get8(quote, 9)};
}

std::optional<Flow> see_quoted_ipv6(const Bytes& quote, std::size_t& ports) {
    if (!has(quote, 0, kIpv6Size) || get8(quote, 0) >> 4 != 6) return {};
    ports = kIpv6Size;
    return Flow{{ipv6_at(quote, 8), 0}, {ipv6_at(quote, 24), 0}, get8(quote, 6)};
}

}  // namespace

std::optional<Message> see_message(const Bytes& frame, const Seen& seen) {
    const bool is_broken = seen.defect != LB_NEXT || seen.part != Seen::Part::whole;
    if (is_broken || seen.length < seen.header + kHeader) return {};
    Message message;
    message.at = seen.network + seen.header;
    message.size = seen.length - seen.header;
    message.kind = kind_of(seen.is_v4, get8(frame, message.at), get8(frame, message.at + 1));
    message.asks_too_little = asks_too_little(frame, seen, message.at);
    return message;
}

std::optional<Flow> see_quote(const Bytes& frame, const Seen& seen, const Message& message) {
    const auto quote = slice(frame, message.at + kHeader, message.size - kHeader);
    std::size_t ports = 0;
    auto flow = seen.is_v4 ? see_quoted_ipv4(quote, ports) : see_quoted_ipv6(quote, ports);
    if (!flow || !has(quote, 0, ports)) return {};
    if (!is_balanced(flow->protocol)) return flow;
    if (!has(quote, ports, 4)) return {};
    flow->source.port = get16(quote, ports);
    flow->destination.port = get16(quote, ports + 2);
    return flow;
}

}  // namespace lb::test::model
