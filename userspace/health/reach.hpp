// SPDX-License-Identifier: Apache-2.0
/// reach: what backends answer at their own addresses, asked past every tunnel, vip and table.
///
/// A small ping; one of a full packet, which nobody may cut into fragments; a TCP connection.
#pragma once

#include <vector>

#include "base/duration.hpp"
#include "model/diagnosis.hpp"

namespace lb::health {

struct Call {
    Address address;
    std::uint32_t full = 0;  ///< bytes of a full packet, as an IP packet; 0: no such ping
    std::uint16_t port = 0;  ///< 0: no connection
};

/// Of each what came back, in their order.  All are asked at once; it takes `patience` if one of
/// them is silent.
std::vector<Reach> reach(const std::vector<Call>& calls, milliseconds patience);

}  // namespace lb::health
