// SPDX-License-Identifier: Apache-2.0
#include "support/icmp.hpp"

#include <algorithm>

namespace lb::test {
namespace {

constexpr std::size_t kChecksumAt = 2;

/// RFC 8200, 8.1.
std::uint32_t pseudo_header(const Packet& packet, std::size_t size) {
    Bytes bytes;
    for (const auto& end : {packet.source, packet.destination})
        bytes.insert(bytes.end(), end.address.bytes.begin(), end.address.bytes.end());
    for (const std::size_t byte : {size >> 24, size >> 16, size >> 8, size})
        bytes.push_back(static_cast<std::uint8_t>(byte));
    bytes.insert(bytes.end(), {0, 0, 0, IPPROTO_ICMPV6});
    return static_cast<std::uint16_t>(~checksum(bytes));
}

Packet message(const Packet& ends, const IcmpHeader& header, const Bytes& body) {
    const bool is_v4 = ends.destination.address.is_v4();
    Packet packet = ends;
    packet.protocol = static_cast<std::uint8_t>(is_v4 ? int{IPPROTO_ICMP} : int{IPPROTO_ICMPV6});
    Bytes bytes{header.type, header.code, 0, 0};
    for (const auto shift : {24, 16, 8, 0})
        bytes.push_back(static_cast<std::uint8_t>(header.rest >> shift));
    bytes.insert(bytes.end(), body.begin(), body.end());
    const auto sum = checksum(bytes, is_v4 ? 0 : pseudo_header(packet, bytes.size()));
    bytes[kChecksumAt] = static_cast<std::uint8_t>(sum >> 8);
    bytes[kChecksumAt + 1] = static_cast<std::uint8_t>(sum);
    packet.payload = std::move(bytes);
    return packet;
}

}  // namespace

Packet icmp(std::string_view from, std::string_view to, const IcmpHeader& header,
            const Bytes& body) {
    Packet ends;
    ends.source.address = address(from);
    ends.destination.address = address(to);
    return message(ends, header, body);
}

Packet ping(std::string_view from, std::string_view to, std::size_t size) {
    Bytes data(size);
    for (std::size_t i = 0; i < size; ++i)
        data[i] = static_cast<std::uint8_t>(0xf0 + 7 * i);
    const bool is_v4 = address(to).is_v4();
    return icmp(from, to, {static_cast<std::uint8_t>(is_v4 ? 8 : 128), 0, 0x4d2f0001}, data);
}

Packet pong(const Packet& ping) {
    Packet ends = ping;
    std::swap(ends.source, ends.destination);
    std::swap(ends.from_mac, ends.to_mac);
    ends.ttl = 64;
    const bool is_v4 = ends.destination.address.is_v4();
    std::uint32_t rest = 0;
    for (std::size_t i = 4; i < 8; ++i)
        rest = rest << 8 | ping.payload.at(i);
    return message(ends, {static_cast<std::uint8_t>(is_v4 ? 0 : 129), 0, rest},
                   Bytes(ping.payload.begin() + 8, ping.payload.end()));
}

Bytes quote_of(const Packet& packet, std::size_t size) {
    auto bytes = packet.ip();
    bytes.resize(std::min(size, bytes.size()));
    return bytes;
}

}  // namespace lb::test
