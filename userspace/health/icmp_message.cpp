// SPDX-License-Identifier: Apache-2.0
#include "health/icmp_message.hpp"

#include <cstring>

#include <netinet/icmp6.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>

namespace lb::health {
namespace {

/// Both families' header has this shape.
struct Message {
    std::uint8_t type = 0;
    std::uint8_t code = 0;
    std::uint16_t checksum = 0;  ///< in memory order, as `id`, which nobody reads as a number
    std::uint16_t id = 0;
    std::uint16_t sequence = 0;
    std::uint64_t payload = 0;
};
static_assert(sizeof(Message) == 16);

/// The Internet checksum (RFC 1071), of words as they lie in memory.
std::uint16_t checksum_of(const Message& message) {
    std::uint16_t words[sizeof(Message) / 2];
    std::memcpy(words, &message, sizeof(message));
    std::uint32_t sum = 0;
    for (const auto word : words)
        sum += word;
    sum = (sum & 0xffff) + (sum >> 16);
    sum += sum >> 16;
    return static_cast<std::uint16_t>(~sum);
}

}  // namespace

std::string echo_request(const Echo& echo) {
    Message message;
    message.type = echo.is_v4 ? ICMP_ECHO : ICMP6_ECHO_REQUEST;
    message.id = echo.id;
    message.payload = echo.payload;
    if (echo.is_v4) message.checksum = checksum_of(message);
    return std::string{reinterpret_cast<const char*>(&message), sizeof(message)} +
           std::string(echo.padding, '\0');  // which no checksum notices
}

bool answers(std::string_view message, const Echo& echo) {
    if (echo.is_v4) {
        if (message.empty()) return false;
        const auto header = static_cast<std::size_t>(message[0] & 0xf) * 4;
        if (header < sizeof(ip) || message.size() < header) return false;
        message.remove_prefix(header);
    }
    Message reply;
    if (message.size() != sizeof(reply) + echo.padding) return false;
    std::memcpy(&reply, message.data(), sizeof(reply));
    return reply.type == (echo.is_v4 ? ICMP_ECHOREPLY : ICMP6_ECHO_REPLY) && reply.code == 0 &&
           reply.id == echo.id && reply.payload == echo.payload;
}

}  // namespace lb::health
