// SPDX-License-Identifier: Apache-2.0
/// What a frame says, for the model: link here and in model_seen.cpp, IP in model_ipv4.cpp and
/// model_ipv6.cpp.
#pragma once

#include <compare>
#include <cstdint>

#include "bpf/abi.h"
#include "model_bytes.hpp"

namespace lb::test::model {

/// What makes a flow.
struct Flow {
    Endpoint source, destination;
    std::uint8_t protocol = 0;
    auto operator<=>(const Flow&) const = default;
};

/// As much of a frame as could be read.
struct Seen {
    Bytes tags;              ///< up to two, four bytes each, as they lie in the frame
    std::uint16_t type = 0;  ///< of what follows them
    bool is_v4 = false;
    std::size_t network = 0;  ///< where the IP header begins
    std::size_t header = 0;   ///< its bytes, options included; 0: that could not be told
    std::size_t length = 0;   ///< of the IP packet, by its own word
    std::uint8_t traffic_class = 0;
    std::uint8_t ttl = 0;
    bool may_be_fragmented = false;
    bool has_extensions = false;
    Flow flow;
    bool has_ports = false;

    enum class Part { whole, first, later } part = Part::whole;  ///< of a datagram
    std::uint32_t identification = 0;                            ///< IPv4: the upper half

    std::uint8_t tcp_flags = 0;
    bool is_quic_initial = false;
    lb_verdict defect = LB_NEXT;  ///< what it gets if it is ours
};

/// LB_NEXT, or why it is surely not ours.
lb_verdict see(const Bytes& frame, Seen& seen);
lb_verdict see_ipv4(const Bytes& frame, Seen& seen);
lb_verdict see_ipv6(const Bytes& frame, Seen& seen);
/// TCP or UDP at `at`; `room` is what the IP header leaves for them.
void see_ports(const Bytes& frame, std::size_t at, std::size_t room, Seen& seen);

bool is_balanced(std::uint8_t protocol);
bool is_extension(std::uint8_t protocol);

}  // namespace lb::test::model
