// SPDX-License-Identifier: Apache-2.0
#include "model_reply.hpp"

#include <algorithm>

namespace lb::test::model {
namespace {

constexpr std::uint8_t kTtl = 64;
constexpr std::size_t kIcmpHeader = 8;

/// RFC 6890: not this host, not this network, no group.
bool is_a_host(const Address& address) {
    if (address.is_v4())
        return address.bytes[12] != 0 && !address.is_loopback() && address.bytes[12] < 224;
    return !address.is_unspecified() && !address.is_loopback() && !address.is_multicast();
}

/// The frame as far as its IP packet goes, back to who sent it.
Bytes back(const Bytes& frame, const Seen& seen) {
    auto answer = slice(frame, 0, seen.network + seen.length);
    std::swap_ranges(answer.begin(), answer.begin() + 6, answer.begin() + 6);
    return answer;
}

Bytes message_header(std::uint8_t type, std::uint8_t code, std::uint32_t rest) {
    Bytes header{type, code, 0, 0};
    header.resize(kIcmpHeader);
    set32(header, 4, rest);
    return header;
}

/// RFC 1191, RFC 1812 4.3.2: 576 bytes in all.
Bytes too_big_ipv4(const Seen& seen, const Bytes& packet, std::size_t mtu) {
    constexpr std::size_t kLength = 576;
    auto message = message_header(3, 4, static_cast<std::uint32_t>(mtu));
    append(message, slice(packet, 0, kLength - kIpv4Size - kIcmpHeader));
    set16(message, 2, checksum(message));
    Bytes ip(12);
    ip[0] = 0x45;
    ip[1] = 0xc0;  // internetwork control
    set16(ip, 2, kLength);
    set16(ip, 6, 0x4000);
    ip[8] = kTtl;
    ip[9] = IPPROTO_ICMP;
    append_ipv4(ip, seen.flow.destination.address);
    append_ipv4(ip, seen.flow.source.address);
    set16(ip, 10, checksum(ip));
    append(ip, message);
    return ip;
}

/// RFC 8201, RFC 4443 2.4 (c): 1280 bytes in all.
Bytes too_big_ipv6(const Seen& seen, const Bytes& packet, std::size_t mtu) {
    constexpr std::size_t kLength = 1280;
    const auto& [from, to] = std::pair{seen.flow.destination.address, seen.flow.source.address};
    auto message = message_header(2, 0, static_cast<std::uint32_t>(mtu));
    append(message, slice(packet, 0, kLength - kIpv6Size - kIcmpHeader));
    set16(message, 2, icmp6_checksum(from, to, message));
    Bytes ip(8);
    ip[0] = 0x60;
    set16(ip, 4, message.size());
    ip[6] = IPPROTO_ICMPV6;
    ip[7] = kTtl;
    append(ip, from.bytes);
    append(ip, to.bytes);
    append(ip, message);
    return ip;
}

}  // namespace

bool may_be_answered(const Bytes& frame, const Seen& seen) {
    const bool is_group = (frame[0] & 1) || (frame[6] & 1);
    const auto& from = seen.flow.source.address;
    return seen.tags.empty() && !is_group && is_a_host(from) &&
           from != seen.flow.destination.address;
}

bool has_right_sum(const Bytes& frame, const Seen& seen, const Message& message) {
    const auto bytes = slice(frame, message.at, message.size);
    if (seen.is_v4) return checksum(bytes) == 0;
    return icmp6_checksum(seen.flow.source.address, seen.flow.destination.address, bytes) == 0;
}

/// RFC 792, RFC 4443 4.2: another type and sum, the rest comes back as it was.
Bytes echo_reply(const Bytes& frame, const Seen& seen, const Message& message) {
    auto answer = back(frame, seen);
    const auto ip = seen.network;
    const std::size_t size = seen.is_v4 ? 4 : 16;
    const auto from = answer.begin() + static_cast<std::ptrdiff_t>(ip + (seen.is_v4 ? 12 : 8));
    const auto to = from + static_cast<std::ptrdiff_t>(size);
    std::swap_ranges(from, to, to);
    if (seen.is_v4)
        replace16(answer, ip + 8, kTtl << 8 | seen.flow.protocol, ip + 10);
    else
        answer[ip + 7] = kTtl;
    replace16(answer, message.at, seen.is_v4 ? 0 : 129 << 8, message.at + 2);
    return answer;
}

Bytes too_big(const Bytes& frame, const Seen& seen, std::size_t mtu) {
    const auto packet = slice(frame, seen.network, seen.length);
    auto answer = slice(back(frame, seen), 0, seen.network);
    append(answer, seen.is_v4 ? too_big_ipv4(seen, packet, mtu) : too_big_ipv6(seen, packet, mtu));
    return answer;
}

}  // namespace lb::test::model
