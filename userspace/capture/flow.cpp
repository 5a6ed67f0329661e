// SPDX-License-Identifier: Apache-2.0
#include "capture/flow.hpp"

#include <algorithm>
#include <optional>

#include <linux/if_ether.h>
#include <netinet/in.h>

#include "base/address.hpp"

namespace lb::capture {
namespace {

constexpr std::size_t kMacs = 12, kTag = 4;
constexpr std::size_t kIpv6 = 40, kLeastIpv4 = 20;

unsigned byte_at(std::string_view text, std::size_t at) {
    return static_cast<unsigned char>(text[at]);
}

unsigned word_at(std::string_view text, std::size_t at) {
    return byte_at(text, at) << 8 | byte_at(text, at + 1);
}

/// What is read of an IP header; `rest` is what it carries, if that begins with ports.
struct Header {
    Address source, destination;
    unsigned protocol = 0;
    std::string_view rest;
};

Address address_at(std::string_view text, std::size_t at, std::size_t size) {
    Address address;
    if (size == 4) address.bytes[10] = address.bytes[11] = 0xff;
    std::copy_n(text.begin() + static_cast<std::ptrdiff_t>(at), size,
                address.bytes.end() - static_cast<std::ptrdiff_t>(size));
    return address;
}

std::optional<Header> read_ipv4(std::string_view ip) {
    if (ip.size() < kLeastIpv4) return {};
    Header header{address_at(ip, 12, 4), address_at(ip, 16, 4), byte_at(ip, 9), {}};
    const std::size_t size = 4 * (byte_at(ip, 0) & 0xf);
    const bool is_first = (word_at(ip, 6) & 0x1fff) == 0;
    if (is_first && size >= kLeastIpv4 && size <= ip.size()) header.rest = ip.substr(size);
    return header;
}

std::optional<Header> read_ipv6(std::string_view ip) {
    if (ip.size() < kIpv6) return {};
    return Header{address_at(ip, 8, 16), address_at(ip, 24, 16), byte_at(ip, 6), ip.substr(kIpv6)};
}

/// The header behind Ethernet and its tags.
std::optional<Header> read_frame(std::string_view frame) {
    std::size_t at = kMacs;
    while (at + 2 <= frame.size() &&
           (word_at(frame, at) == ETH_P_8021Q || word_at(frame, at) == ETH_P_8021AD))
        at += kTag;
    if (at + 2 > frame.size()) return {};
    const auto type = word_at(frame, at);
    const auto ip = frame.substr(at + 2);
    if (type == ETH_P_IP) return read_ipv4(ip);
    return type == ETH_P_IPV6 ? read_ipv6(ip) : std::nullopt;
}

std::string name_of(unsigned protocol) {
    switch (protocol) {
        case IPPROTO_TCP:
            return "tcp";
        case IPPROTO_UDP:
            return "udp";
        case IPPROTO_ICMP:
            return "icmp";
        case IPPROTO_ICMPV6:
            return "icmp6";
        default:
            return "protocol " + std::to_string(protocol);
    }
}

}  // namespace

std::string flow_of(std::string_view frame) {
    const auto header = read_frame(frame);
    if (!header) return "?";
    const auto [source, destination, protocol, rest] = *header;
    const bool has_ports = (protocol == IPPROTO_TCP || protocol == IPPROTO_UDP) && rest.size() >= 4;
    const auto end = [&, &body = rest](const Address& address, std::size_t at) {
        if (!has_ports) return address.text();
        return Endpoint{address, static_cast<std::uint16_t>(word_at(body, at))}.text();
    };
    return end(source, 0) + " -> " + end(destination, 2) + "/" + name_of(protocol);
}

}  // namespace lb::capture
