// SPDX-License-Identifier: Apache-2.0
/// An ICMP echo request, and the reply that belongs to it (RFC 792; RFC 4443, 4.1).  Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace lb::health {

/// Which of all echoes on this host: `id` and `payload` are drawn for each attempt.
struct Echo {
    bool is_v4 = true;
    std::uint16_t id = 0;
    std::uint64_t payload = 0;
    std::size_t padding = 0;  ///< bytes of 0 after it, an even number
};

/// What a raw socket sends.  The kernel adds the checksum of ICMPv6, which covers addresses.
std::string echo_request(const Echo& echo);

/// Whether `message`, as a raw socket receives it (IPv4: with the IP header), answers it.
bool answers(std::string_view message, const Echo& echo);

}  // namespace lb::health
