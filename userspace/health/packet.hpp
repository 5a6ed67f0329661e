// SPDX-License-Identifier: Apache-2.0
/// Packet: messages that travel together through a SOCK_SEQPACKET pair, with the descriptors that
/// come with some of them.
///
/// In its bytes each message stands behind its length in 16 bits, in the host's byte order; the
/// highest of them says that a descriptor comes with it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "base/fd.hpp"

namespace lb::health {

inline constexpr std::size_t kLargestPacket = 16384;
inline constexpr std::size_t kMostDescriptors = 128;  // in a packet; the kernel takes 253

void pack(std::string& packet, std::string_view message, bool has_descriptor = false);

struct Packed {
    std::string_view message;
    bool has_descriptor = false;  ///< the next of those that came with the packet
};
/// Takes the first message off the packet.  Nothing: there is no whole one.
std::optional<Packed> unpack(std::string_view& packet);

struct Packet {
    std::string bytes{};
    std::vector<Fd> descriptors{};  ///< in the order of their messages

    /// False: there is no room for it.  A message of kLargestMessage bytes fits into an empty one.
    bool put(std::string_view message, Fd& descriptor);
};

/// As send(2) and recv(2), without waiting; a packet that was too long has a larger size.
ssize_t send_packet(int socket, Packet& packet);
ssize_t receive_packet(int socket, Packet& packet);

}  // namespace lb::health
