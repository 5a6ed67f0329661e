// SPDX-License-Identifier: Apache-2.0
#include "base/address.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace lb {
namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr unsigned kMappedBits = 96;

/// As inet_ntop(), which goes by way of printf: identities are made of ten thousand of these while
/// a way back is waited for.
std::string dotted(const std::uint8_t* bytes) {
    std::array<char, INET_ADDRSTRLEN> buffer{};
    char* end = buffer.data();
    for (int i = 0; i < 4; ++i) {
        if (i != 0) *end++ = '.';
        end = std::to_chars(end, buffer.data() + buffer.size(), bytes[i]).ptr;
    }
    return {buffer.data(), end};
}

}  // namespace

std::optional<Address> Address::parse(std::string_view text) {
    const std::string terminated{text};
    if (terminated.find('\0') != std::string::npos) return std::nullopt;
    Address address;
    if (inet_pton(AF_INET, terminated.c_str(), address.bytes.data() + 12) == 1) {
        std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), address.bytes.begin());
        return address;
    }
    if (inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) != 1) return std::nullopt;
    if (address.is_v4()) return std::nullopt;
    return address;
}

Address Address::from_v4(const in_addr& address) {
    Address mapped;
    std::copy(kMappedPrefix.begin(), kMappedPrefix.end(), mapped.bytes.begin());
    std::memcpy(mapped.bytes.data() + kMappedPrefix.size(), &address, sizeof(address));
    return mapped;
}

bool Address::is_v4() const {
    return std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), bytes.begin());
}

bool Address::is_unspecified() const {
    const auto first = bytes.begin() + (is_v4() ? 12 : 0);
    return std::all_of(first, bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

bool Address::is_loopback() const {
    if (is_v4()) return bytes[12] == 127;
    return std::all_of(bytes.begin(), bytes.end() - 1, [](std::uint8_t b) { return b == 0; }) &&
           bytes[15] == 1;
}

bool Address::is_link_local() const {
    if (is_v4()) return bytes[12] == 169 && bytes[13] == 254;
    return bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80;
}

bool Address::is_multicast() const {
    return is_v4() ? (bytes[12] & 0xf0) == 0xe0 : bytes[0] == 0xff;
}

bool Address::is_broadcast() const {
    return is_v4() &&
           std::all_of(bytes.begin() + 12, bytes.end(), [](std::uint8_t b) { return b == 0xff; });
}

int Address::family() const {
    return is_v4() ? AF_INET : AF_INET6;
}

std::string Address::text() const {
    std::array<char, INET6_ADDRSTRLEN> buffer{};
    if (is_v4()) return dotted(bytes.data() + 12);
    return inet_ntop(AF_INET6, bytes.data(), buffer.data(), buffer.size());
}

std::optional<Prefix> Prefix::parse(std::string_view text) {
    const auto slash = text.find('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const auto address = Address::parse(text.substr(0, slash));
    const auto digits = text.substr(slash + 1);
    unsigned length = 0;
    const auto [end, error] = std::from_chars(digits.begin(), digits.end(), length);
    const bool is_canonical = digits == "0" || (!digits.empty() && digits.front() != '0');
    if (!address || error != std::errc{} || end != digits.end() || !is_canonical)
        return std::nullopt;
    if (length > (address->is_v4() ? 32u : 128u)) return std::nullopt;
    if (address->is_v4()) length += kMappedBits;
    for (unsigned bit = length; bit < 128; ++bit)
        if (address->bytes.at(bit / 8) >> (7 - bit % 8) & 1) return std::nullopt;
    return Prefix{*address, static_cast<std::uint8_t>(length)};
}

std::string Prefix::text() const {
    return address.text() + "/" +
           std::to_string(address.is_v4() && length >= kMappedBits ? length - kMappedBits : length);
}

std::optional<Endpoint> Endpoint::parse(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    auto host = text.substr(0, colon);
    const auto digits = text.substr(colon + 1);
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    const auto address = Address::parse(host);
    if (!address || address->is_v4() == bracketed) return std::nullopt;
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(digits.begin(), digits.end(), port);
    if (error != std::errc{} || end != digits.end() || port == 0) return std::nullopt;
    return Endpoint{*address, port};
}

std::string Endpoint::text() const {
    const auto host = address.is_v4() ? address.text() : "[" + address.text() + "]";
    return host + ":" + std::to_string(port);
}

sockaddr_storage Endpoint::sockaddr_of(unsigned& length) const {
    sockaddr_storage storage{};
    if (address.is_v4()) {
        sockaddr_in in{};
        in.sin_family = AF_INET;
        in.sin_port = htons(port);
        std::memcpy(&in.sin_addr, address.bytes.data() + 12, 4);
        std::memcpy(&storage, &in, sizeof(in));
        length = sizeof(in);
    } else {
        sockaddr_in6 in6{};
        in6.sin6_family = AF_INET6;
        in6.sin6_port = htons(port);
        std::memcpy(&in6.sin6_addr, address.bytes.data(), 16);
        std::memcpy(&storage, &in6, sizeof(in6));
        length = sizeof(in6);
    }
    return storage;
}

}  // namespace lb
