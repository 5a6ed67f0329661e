// SPDX-License-Identifier: Apache-2.0
#include "support/packet.hpp"

#include <algorithm>
#include <cstdio>
#include <ostream>
#include <string>

namespace lb::test {
namespace {

constexpr std::uint16_t kIpv4 = 0x0800, kIpv6 = 0x86dd;

void put8(Bytes& out, unsigned value) {
    out.push_back(static_cast<std::uint8_t>(value));
}

void put16(Bytes& out, unsigned value) {
    put8(out, value >> 8 & 0xff);
    put8(out, value & 0xff);
}

void put32(Bytes& out, std::uint32_t value) {
    put16(out, value >> 16);
    put16(out, value & 0xffff);
}

template <class Range>
void put(Bytes& out, const Range& bytes) {
    out.insert(out.end(), bytes.begin(), bytes.end());
}

void put_address(Bytes& out, const Address& address) {
    const auto first = address.bytes.begin() + (address.is_v4() ? 12 : 0);
    out.insert(out.end(), first, address.bytes.end());
}

void set16(Bytes& out, std::size_t offset, unsigned value) {
    out[offset] = static_cast<std::uint8_t>(value >> 8);
    out[offset + 1] = static_cast<std::uint8_t>(value);
}

std::uint32_t pseudo_header_sum(const Packet& packet, std::size_t length) {
    Bytes words;
    put_address(words, packet.source.address);
    put_address(words, packet.destination.address);
    put32(words, static_cast<std::uint32_t>(length));
    put32(words, packet.protocol);
    return static_cast<std::uint16_t>(~checksum(words));
}

Bytes tcp(const Packet& packet) {
    Bytes out;
    put16(out, packet.source.port);
    put16(out, packet.destination.port);
    put32(out, 0x01020304);  // sequence
    put32(out, 0);
    put16(out, 5u << 12 | packet.tcp_flags);
    put16(out, 0xfaf0);  // window
    put32(out, 0);       // checksum, urgent pointer
    put(out, packet.payload);
    set16(out, 16, checksum(out, pseudo_header_sum(packet, out.size())));
    return out;
}

Bytes udp(const Packet& packet) {
    Bytes out;
    put16(out, packet.source.port);
    put16(out, packet.destination.port);
    put16(out, static_cast<unsigned>(8 + packet.payload.size()));
    put16(out, 0);
    put(out, packet.payload);
    const auto sum = checksum(out, pseudo_header_sum(packet, out.size()));
    set16(out, 6, packet.claimed_udp_checksum.value_or(sum == 0 ? std::uint16_t{0xffff} : sum));
    return out;
}

Bytes transport(const Packet& packet) {
    if (packet.fragment_offset != 0) return packet.payload;
    if (packet.protocol == IPPROTO_TCP) return tcp(packet);
    if (packet.protocol == IPPROTO_UDP) return udp(packet);
    return packet.payload;
}

Bytes ipv4(const Packet& packet, const Bytes& payload) {
    const auto header = static_cast<unsigned>(20 + packet.options.size());
    Bytes out;
    put8(out, unsigned{packet.claimed_version.value_or(4)} << 4 |
                  packet.claimed_header_words.value_or(static_cast<std::uint8_t>(header / 4)));
    put8(out, packet.traffic_class);
    put16(out, packet.claimed_length.value_or(static_cast<std::uint16_t>(header + payload.size())));
    put16(out, packet.id);
    put16(out, (packet.dont_fragment ? 0x4000u : 0) | (packet.more_fragments ? 0x2000u : 0) |
                   packet.fragment_offset);
    put8(out, packet.ttl);
    put8(out, packet.protocol);
    put16(out, 0);
    put_address(out, packet.source.address);
    put_address(out, packet.destination.address);
    put(out, packet.options);
    set16(out, 10, packet.claimed_checksum.value_or(checksum(out)));
    put(out, payload);
    return out;
}

Bytes ipv6(const Packet& packet, const Bytes& payload) {
    Bytes chain;
    for (std::size_t i = 0; i < packet.extensions.size(); ++i) {
        const bool is_last = i + 1 == packet.extensions.size();
        put8(chain, is_last ? packet.protocol : packet.extensions[i + 1].type);
        put(chain, packet.extensions[i].rest);
        put(chain, packet.extensions[i].more);
    }
    put(chain, payload);

    Bytes out;
    put32(out, std::uint32_t{packet.claimed_version.value_or(6)} << 28 |
                   std::uint32_t{packet.traffic_class} << 20 | packet.flow_label);
    put16(out, packet.claimed_length.value_or(static_cast<std::uint16_t>(chain.size())));
    put8(out, packet.extensions.empty() ? packet.protocol : packet.extensions[0].type);
    put8(out, packet.ttl);
    put_address(out, packet.source.address);
    put_address(out, packet.destination.address);
    put(out, chain);
    return out;
}

}  // namespace

Frame Frame::cut(std::size_t size) const {
    return {Bytes(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size))};
}

Frame Frame::padded_to(std::size_t size, std::uint8_t fill) const {
    Frame padded = *this;
    padded.bytes.resize(std::max(size, bytes.size()), fill);
    return padded;
}

Frame Frame::tagged(std::uint16_t control, std::uint16_t protocol) const {
    Bytes tag;
    put16(tag, protocol);
    put16(tag, control);
    Frame tagged = *this;
    tagged.bytes.insert(tagged.bytes.begin() + 12, tag.begin(), tag.end());
    return tagged;
}

void PrintTo(const Frame& frame, std::ostream* out) {
    *out << frame.bytes.size() << " bytes";
    for (std::size_t i = 0; i < frame.bytes.size(); ++i) {
        char hex[4];
        std::snprintf(hex, sizeof hex, "%02x", frame.bytes[i]);
        *out << (i % 16 == 0 ? "\n      " : " ") << hex;
    }
}

Extension fragment_header(std::uint16_t offset, bool more) {
    const auto word = static_cast<std::uint16_t>(offset << 3 | (more ? 1 : 0));
    return {IPPROTO_FRAGMENT,
            {0, static_cast<std::uint8_t>(word >> 8), static_cast<std::uint8_t>(word), 1, 2, 3, 4},
            {}};
}

Extension long_header(std::uint8_t type, std::uint8_t more) {
    return {type, {more}, Bytes(std::size_t{8} * more, 0x00)};
}

Extension routing_header(std::uint8_t type, std::uint8_t segments_left) {
    return {IPPROTO_ROUTING, {0, type, segments_left}, {}};
}

Bytes Packet::ip() const {
    return destination.address.is_v4() ? ipv4(*this, transport(*this))
                                       : ipv6(*this, transport(*this));
}

Frame Packet::frame() const {
    Frame frame = ethernet(destination.address.is_v4() ? kIpv4 : kIpv6, ip());
    std::copy(to_mac.begin(), to_mac.end(), frame.bytes.begin());
    std::copy(from_mac.begin(), from_mac.end(), frame.bytes.begin() + 6);
    return frame;
}

Packet Packet::aged() const {
    Packet later = *this;
    later.ttl = static_cast<std::uint8_t>(ttl - 1);
    return later;
}

Packet Packet::between(const Mac& from, const Mac& to) const {
    Packet elsewhere = *this;
    elsewhere.from_mac = from;
    elsewhere.to_mac = to;
    return elsewhere;
}

Packet Packet::inside_ipip(const Address& outer_source, const Address& outer_destination,
                           std::uint32_t label) const {
    Packet outer;
    outer.from_mac = from_mac;
    outer.to_mac = to_mac;
    outer.source.address = outer_source;
    outer.destination.address = outer_destination;
    outer.protocol = destination.address.is_v4() ? IPPROTO_IPIP : IPPROTO_IPV6;
    outer.traffic_class = traffic_class;
    outer.id = 0;
    outer.flow_label = label;
    outer.payload = ip();
    return outer;
}

Packet Packet::inside_gue(const Endpoint& outer_source, const Address& outer_destination,
                          std::uint32_t label) const {
    Packet outer = inside_ipip(outer_source.address, outer_destination, label);
    const Bytes gue{0, outer.protocol, 0, 0};  // version 0, data, no options, no flags
    outer.payload.insert(outer.payload.begin(), gue.begin(), gue.end());
    outer.protocol = IPPROTO_UDP;
    outer.source.port = outer_source.port;
    outer.destination.port = kGuePort;
    outer.claimed_udp_checksum = 0;
    return outer;
}

Address address(std::string_view text) {
    return Address::parse(text).value();
}
Endpoint endpoint(std::string_view text) {
    return Endpoint::parse(text).value();
}

Packet syn(std::string_view source, std::string_view destination) {
    Packet packet;
    packet.source = endpoint(source);
    packet.destination = endpoint(destination);
    return packet;
}

Packet datagram(std::string_view source, std::string_view destination) {
    Packet packet = syn(source, destination);
    packet.protocol = IPPROTO_UDP;
    packet.payload = Bytes{'t', 'w', 'e', 'l', 'v', 'e', ' ', 'b', 'y', 't', 'e', 's'};
    return packet;
}

Frame ethernet(std::uint16_t ethertype, const Bytes& payload) {
    Frame frame;
    put(frame.bytes, kNodeMac);
    put(frame.bytes, kRouterMac);
    put16(frame.bytes, ethertype);
    put(frame.bytes, payload);
    return frame;
}

std::uint16_t checksum(std::span<const std::uint8_t> bytes, std::uint32_t seed) {
    std::uint64_t sum = seed;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        sum += i % 2 == 0 ? std::uint64_t{bytes[i]} << 8 : std::uint64_t{bytes[i]};
    while (sum > 0xffff)
        sum = (sum & 0xffff) + (sum >> 16);
    return static_cast<std::uint16_t>(~sum);
}

}  // namespace lb::test
