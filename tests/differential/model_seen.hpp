// SPDX-License-Identifier: Apache-2.0
/// What a frame says, for the model.
#pragma once

#include <compare>
#include <cstdint>

#include "base/address.hpp"
#include "bpf/abi.h"
#include "support/packet.hpp"

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
    std::size_t length = 0;   ///< of the IP packet, by its own word
    std::uint8_t traffic_class = 0;
    std::uint8_t ttl = 0;
    Flow flow;
    bool has_ports = false;
    std::uint8_t tcp_flags = 0;
    bool is_quic_initial = false;
    lb_verdict defect = LB_NEXT;  ///< what it gets if it is ours
};

/// LB_NEXT, or why it is surely not ours.
lb_verdict see(const Bytes& frame, Seen& seen);

bool is_balanced(std::uint8_t protocol);
bool is_extension(std::uint8_t protocol);

std::uint16_t get16(const Bytes& bytes, std::size_t at);
void set16(Bytes& bytes, std::size_t at, std::size_t value);
template <class Range>
void append(Bytes& bytes, const Range& more) {
    bytes.insert(bytes.end(), std::begin(more), std::end(more));
}

}  // namespace lb::test::model
