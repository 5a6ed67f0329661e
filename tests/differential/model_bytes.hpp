// SPDX-License-Identifier: Apache-2.0
/// Bytes as the model reads and writes them: by offset, numbers in network order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>

#include "base/address.hpp"
#include "support/packet.hpp"

namespace lb::test::model {

inline constexpr std::size_t kEthernetSize = 14, kIpv4Size = 20, kIpv6Size = 40;

bool has(const Bytes& bytes, std::size_t at, std::size_t size);
std::uint8_t get8(const Bytes& bytes, std::size_t at);
std::uint16_t get16(const Bytes& bytes, std::size_t at);
std::uint32_t get32(const Bytes& bytes, std::size_t at);
void set16(Bytes& bytes, std::size_t at, std::size_t value);
void set32(Bytes& bytes, std::size_t at, std::size_t value);

/// IPv4 becomes ::ffff:a.b.c.d.
Address ipv4_at(const Bytes& bytes, std::size_t at);
Address ipv6_at(const Bytes& bytes, std::size_t at);

Bytes slice(const Bytes& bytes, std::size_t at, std::size_t size);
template <class Range>
void append(Bytes& bytes, const Range& more) {
    bytes.insert(bytes.end(), std::begin(more), std::end(more));
}
/// The last four bytes of a mapped address.
void append_ipv4(Bytes& bytes, const Address& address);

/// Changes a 16-bit word and the checksum that covers it, right or wrong (RFC 1624, equation 3).
void replace16(Bytes& bytes, std::size_t at, std::size_t value, std::size_t checksum_at);

/// Of an ICMPv6 message, pseudo header included (RFC 8200, 8.1); 0 for one that is right.
std::uint16_t icmp6_checksum(const Address& from, const Address& to, const Bytes& message);

}  // namespace lb::test::model
