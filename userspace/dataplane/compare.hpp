// SPDX-License-Identifier: Apache-2.0
/// compare: reads the maps back and says how they differ from what they should hold.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "dataplane/map.hpp"
#include "model/tables.hpp"

namespace lb::dataplane {

/// A backend's word as it should be.
std::uint64_t word_of(const BackendEntry& entry);
bool is_as_it_should_be(const lb_backend& backend, const BackendEntry& entry);
bool holds(std::span<const std::uint64_t> slots, const std::vector<std::uint64_t>& wanted);

/// "backend web/web-1", "vip shop", "services"; empty: nothing differs.  Next hops and source lists
/// are not looked at: others keep them (neighbours, Apply).
Result<std::vector<std::string>> differences(const Maps& maps, const Tables& tables);

}  // namespace lb::dataplane
