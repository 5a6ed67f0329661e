// SPDX-License-Identifier: Apache-2.0
/// Counters: per CPU in the maps, totals here.
#pragma once

#include <cstdint>
#include <vector>

#include "base/result.hpp"
#include "dataplane/map.hpp"
#include "model/view.hpp"

namespace lb::dataplane {

/// 0 where the map has no such element.
Count vip_count(const Maps& maps, std::uint32_t number);
Count backend_count(const Maps& maps, std::uint32_t index);
/// Of all backends below index `end`, in few system calls.
std::vector<Count> backend_counts(const Maps& maps, std::uint32_t end);
/// SYNs of clients that went to them, sent again counted again.
std::vector<std::uint64_t> new_flows(const Maps& maps, std::uint32_t end);
Handshakes handshakes(const Maps& maps, std::uint32_t index);
/// Every verdict, also those that never occurred.
std::vector<VerdictView> verdicts(const Maps& maps);

/// Before a number or an index gets a new owner.
Result<> clear_vip_count(const Maps& maps, std::uint32_t number);
Result<> clear_backend_counts(const Maps& maps, std::uint32_t index);

}  // namespace lb::dataplane
