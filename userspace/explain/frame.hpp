// SPDX-License-Identifier: Apache-2.0
/// A frame such as a client of a vip sends, in a buffer that leaves room for headers.
#pragma once

#include <cstdint>
#include <vector>

#include "base/address.hpp"
#include "bpf/native/program.h"
#include "model/tables.hpp"

namespace lb::explain {

enum class Moment {
    beginning,  ///< TCP: a SYN; UDP: a QUIC Initial, which is a datagram to everybody else
    middle,     ///< TCP: an ACK; UDP: a short datagram
};

class Frame {
public:
    /// Untagged, without options; checksums of TCP and UDP are not filled in.
    Frame(const Endpoint& source, const VipKey& vip, Moment moment);

    /// As it comes in through an interface.  Good for as long as this object lives.
    lb_frame arriving(std::uint32_t ifindex);

private:
    std::vector<std::uint8_t> buffer_;
};

}  // namespace lb::explain
