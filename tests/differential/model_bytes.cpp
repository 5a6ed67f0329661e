// SPDX-License-Identifier: Apache-2.0
#include "model_bytes.hpp"

#include <algorithm>

namespace lb::test::model {

bool has(const Bytes& bytes, std::size_t at, std::size_t size) {
    return at + size <= bytes.size();
}

std::uint8_t get8(const Bytes& bytes, std::size_t at) {
    return bytes.at(at);
}

std::uint16_t get16(const Bytes& bytes, std::size_t at) {
    return static_cast<std::uint16_t>(bytes.at(at) << 8 | bytes.at(at + 1));
}

std::uint32_t get32(const Bytes& bytes, std::size_t at) {
    return std::uint32_t{get16(bytes, at)} << 16 | get16(bytes, at + 2);
}

void set16(Bytes& bytes, std::size_t at, std::size_t value) {
    bytes.at(at) = static_cast<std::uint8_t>(value >> 8);
    bytes.at(at + 1) = static_cast<std::uint8_t>(value);
}

void set32(Bytes& bytes, std::size_t at, std::size_t value) {
    set16(bytes, at, value >> 16);
    set16(bytes, at + 2, value);
}

Address ipv4_at(const Bytes& bytes, std::size_t at) {
    Address address;
    address.bytes[10] = address.bytes[11] = 0xff;
    std::ranges::copy(slice(bytes, at, 4), address.bytes.begin() + 12);
    return address;
}

Address ipv6_at(const Bytes& bytes, std::size_t at) {
    Address address;
    std::ranges::copy(slice(bytes, at, 16), address.bytes.begin());
    return address;
}

Bytes slice(const Bytes& bytes, std::size_t at, std::size_t size) {
    const auto start = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    return {start, start + static_cast<std::ptrdiff_t>(size)};
}

void append_ipv4(Bytes& bytes, const Address& address) {
    bytes.insert(bytes.end(), address.bytes.begin() + 12, address.bytes.end());
}

void replace16(Bytes& bytes, std::size_t at, std::size_t value, std::size_t checksum_at) {
    // HC' = ~(~HC + ~m + m')
    std::uint32_t sum = static_cast<std::uint16_t>(~get16(bytes, checksum_at));
    sum += static_cast<std::uint16_t>(~get16(bytes, at));
    sum += static_cast<std::uint16_t>(value);
    while (sum > 0xffff)
        sum = (sum & 0xffff) + (sum >> 16);
    set16(bytes, at, value);
    set16(bytes, checksum_at, static_cast<std::uint16_t>(~sum));
}

std::uint16_t icmp6_checksum(const Address& from, const Address& to, const Bytes& message) {
    Bytes bytes;
    append(bytes, from.bytes);
    append(bytes, to.bytes);
    bytes.resize(40);
    set32(bytes, 32, message.size());
    bytes[39] = IPPROTO_ICMPV6;
    append(bytes, message);
    return checksum(bytes);
}

}  // namespace lb::test::model
