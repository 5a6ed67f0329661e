// SPDX-License-Identifier: Apache-2.0
/// ICMP and ICMPv6 messages (RFC 792, RFC 4443) for Packet, with the right checksum.
#pragma once

#include "support/packet.hpp"

namespace lb::test {

/// What stands in front of the body; `rest` are the four bytes behind the checksum.
struct IcmpHeader {
    std::uint8_t type = 0;
    std::uint8_t code = 0;
    std::uint32_t rest = 0;
};

/// A message from address to address, of the family of `to`.
Packet icmp(std::string_view from, std::string_view to, const IcmpHeader& header,
            const Bytes& body);

/// An echo request with `size` bytes of data; its family's type.
Packet ping(std::string_view from, std::string_view to, std::size_t size = 56);
/// Its answer, as a host or vip sends it.
Packet pong(const Packet& ping);

/// What a packet makes when its IP packet is quoted by an error.
Bytes quote_of(const Packet& packet, std::size_t size = 28);

}  // namespace lb::test
