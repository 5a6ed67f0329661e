// SPDX-License-Identifier: Apache-2.0
/// Packet: what a frame says, field by field; frame() puts it into bytes.
///
///     auto in = syn("203.0.113.5:40000", "192.0.2.10:80");
///     in.ttl = 1;
///     lb.receive(in.frame());
///
/// Lengths and checksums come out right unless a field named `claimed_...` says otherwise.  The
/// same builder makes input and expectation; it shares no code with bpf/.  Numbers are in host
/// order.  Formats: IEEE 802.3, RFC 791, 8200, 9293, 768; IP in IP: RFC 2003, 2473, 4213.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include <netinet/in.h>

#include "base/address.hpp"

namespace lb::test {

using Bytes = std::vector<std::uint8_t>;
using Mac = std::array<std::uint8_t, 6>;
using Octets = std::initializer_list<std::uint8_t>;  ///< to walk through in a test
using Words = std::initializer_list<std::uint16_t>;

inline constexpr Mac kRouterMac{0x02, 0, 0, 0, 0, 0x01};  ///< from which packets come
inline constexpr Mac kNodeMac{0x02, 0, 0, 0, 0, 0x02};    ///< ours

inline constexpr std::uint16_t kDot1q = 0x8100, kDot1ad = 0x88a8;  ///< kinds of tags

/// Flags of TCP (RFC 9293, 3.1).
inline constexpr std::uint8_t kFin = 0x01, kSyn = 0x02, kRst = 0x04, kPush = 0x08, kAck = 0x10,
                              kEce = 0x40, kCwr = 0x80, kSynAck = kSyn | kAck,
                              kFinAck = kFin | kAck;

/// A whole Ethernet frame; a failing test prints it in hexadecimal.
struct Frame {
    Bytes bytes;

    bool operator==(const Frame&) const = default;
    /// Only the first `size` bytes.
    Frame cut(std::size_t size) const;
    /// With bytes behind the IP packet, as short frames have them; unchanged if long enough.
    Frame padded_to(std::size_t size, std::uint8_t fill = 0) const;
    /// With a tag in front of what it has: priority and VLAN.
    Frame tagged(std::uint16_t control, std::uint16_t protocol = kDot1q) const;
};
void PrintTo(const Frame& frame, std::ostream* out);

/// An IPv6 extension header; they follow each other in order.
struct Extension {
    std::uint8_t type;
    std::array<std::uint8_t, 7> rest{};  ///< all but the next header, up to the eighth byte
    Bytes more{};                        ///< behind these
};
/// The fragment header; `offset` in units of eight bytes.
Extension fragment_header(std::uint16_t offset, bool more);
/// One that is longer by so many units of eight bytes.
Extension long_header(std::uint8_t type, std::uint8_t more);
/// A routing header with addresses still to be visited.
Extension routing_header(std::uint8_t type, std::uint8_t segments_left);

struct Packet {
    Mac from_mac = kRouterMac;
    Mac to_mac = kNodeMac;

    Endpoint source;  ///< ports count for TCP and UDP only
    Endpoint destination;
    std::uint8_t protocol = IPPROTO_TCP;  ///< neither TCP nor UDP: the payload follows at once
    std::uint8_t traffic_class = 0;       ///< DSCP and ECN
    std::uint8_t ttl = 64;                ///< or hop limit

    std::uint16_t id = 0x1d0f;  ///< IPv4 only, like the next four
    bool dont_fragment = true;
    bool more_fragments = false;
    std::uint16_t fragment_offset = 0;  ///< in units of eight bytes; not 0: no TCP or UDP header
    Bytes options;                      ///< a multiple of four bytes

    std::uint32_t flow_label = 0;  ///< IPv6 only, like the next
    std::vector<Extension> extensions;

    std::uint8_t tcp_flags = 0x02;  ///< SYN
    Bytes payload;

    std::optional<std::uint16_t> claimed_length;  ///< total length (IPv4), payload length (IPv6)
    std::optional<std::uint8_t> claimed_version;
    std::optional<std::uint8_t> claimed_header_words;  ///< IPv4 header length
    std::optional<std::uint16_t> claimed_checksum;     ///< of the IPv4 header
    std::optional<std::uint16_t> claimed_udp_checksum;

    /// From the first byte of the IP header on.
    Bytes ip() const;
    Frame frame() const;

    /// One hop later.
    Packet aged() const;
    /// On another link.
    Packet between(const Mac& from, const Mac& to) const;
    /// In a tunnel as lbd must build it: TTL 64, DF, id 0, DSCP and ECN of the inner packet.
    Packet inside_ipip(const Address& source, const Address& destination,
                       std::uint32_t flow_label = 0) const;
    /// The same with UDP (no checksum) and a GUE header in between: draft-ietf-intarea-gue-09.
    Packet inside_gue(const Endpoint& source, const Address& destination,
                      std::uint32_t flow_label = 0) const;
};

inline constexpr std::uint16_t kGuePort = 6080;

Address address(std::string_view text);
Endpoint endpoint(std::string_view text);

/// A TCP segment with SYN set, a UDP datagram with 12 bytes.
Packet syn(std::string_view source, std::string_view destination);
Packet datagram(std::string_view source, std::string_view destination);

/// A frame of any type.
Frame ethernet(std::uint16_t ethertype, const Bytes& payload);

/// RFC 1071, over big-endian words, an odd last byte padded with 0; 0 for a header that is right.
std::uint16_t checksum(std::span<const std::uint8_t> bytes, std::uint32_t seed = 0);

}  // namespace lb::test
