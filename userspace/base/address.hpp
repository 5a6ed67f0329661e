// SPDX-License-Identifier: Apache-2.0
/// Address: an IPv4 or IPv6 unicast, multicast, any address, without a port or a zone.
///
/// One type for both families: 16 bytes in network order, IPv4 mapped into IPv6 (RFC 4291,
/// 2.5.5.2), exactly as in the maps.  Ordered by these bytes.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

struct in_addr;
struct sockaddr;
struct sockaddr_storage;

namespace lb {

struct Address {
    std::array<std::uint8_t, 16> bytes{};

    auto operator<=>(const Address&) const = default;

    /// Decimal dotted IPv4 or RFC 4291 text; no brackets, no zone, no name, no ::ffff:1.2.3.4
    /// (a second spelling of an IPv4 address).  nullopt for anything else.
    static std::optional<Address> parse(std::string_view text);
    static Address from_v4(const in_addr& address);

    bool is_v4() const;
    bool is_unspecified() const;
    bool is_loopback() const;    ///< 127.0.0.0/8, ::1
    bool is_link_local() const;  ///< 169.254.0.0/16, fe80::/10
    bool is_multicast() const;   ///< 224.0.0.0/4, ff00::/8
    bool is_broadcast() const;   ///< 255.255.255.255
    /// AF_INET or AF_INET6.
    int family() const;
    /// RFC 5952 for IPv6.
    std::string text() const;
};

/// A network: the addresses that share the first `length` bits of `address`, the rest is zero.
struct Prefix {
    Address address;
    std::uint8_t length = 0;  ///< of the 128 bits: 10.0.0.0/8 has 104

    auto operator<=>(const Prefix&) const = default;

    /// "10.0.0.0/8", "2001:db8::/32"; nullopt for anything else, bits behind the prefix included.
    static std::optional<Prefix> parse(std::string_view text);
    std::string text() const;
};

/// An address and a port in host order.
struct Endpoint {
    Address address;
    std::uint16_t port = 0;

    auto operator<=>(const Endpoint&) const = default;
    /// "192.0.2.1:80", "[2001:db8::1]:80"; nullopt for anything else.
    static std::optional<Endpoint> parse(std::string_view text);
    std::string text() const;
    /// For connect() and friends; `length` is what they want beside it.
    sockaddr_storage sockaddr_of(unsigned& length) const;
};

}  // namespace lb
