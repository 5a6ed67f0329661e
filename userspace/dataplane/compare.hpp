// SPDX-License-Identifier: Apache-2.0
/// compare: reads the maps back and says how they differ from what they should hold.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "dataplane/map.hpp"
#include "dataplane/neighbours.hpp"
#include "model/tables.hpp"

namespace lb::dataplane {

/// A backend's word as it should be.
std::uint64_t word_of(const BackendEntry& entry);
bool is_as_it_should_be(const lb_backend& backend, const BackendEntry& entry);
bool holds(std::span<const std::uint64_t> slots, const std::vector<std::uint64_t>& wanted);
bool holds(const SourceLists& lists, std::uint32_t list, const SourceList& wanted);
/// The lists of all vips; none is read if none of `tables` has any.
Result<SourceLists> read_sources(const Maps& maps, const Tables& tables);

/// "backend web/web-1", "next hop of backend web/web-1", "vip shop", "sources of vip shop",
/// "services", "settings"; empty: nothing differs.  Next hops should be as `neighbours` has written
/// them.
Result<std::vector<std::string>> differences(const Maps& maps, const Tables& tables,
                                             const Neighbours& neighbours);

}  // namespace lb::dataplane
