// SPDX-License-Identifier: Apache-2.0
/// Layout: what is where in the maps, from adopting them to giving places back.
#pragma once

#include <vector>

#include "base/result.hpp"
#include "dataplane/map.hpp"
#include "dataplane/neighbours.hpp"

namespace lb::dataplane {

/// What adopted maps hold.  Errors: words that point outside of the maps.
Result<Layout> read_layout(const Maps& maps, const Limits& limits);

/// The plan is ours, but a wrong one must not write outside of the maps or over somebody else.
Result<> fits(const Tables& tables, const Layout& layout);

/// What nothing names any more, but a packet may still see for a grace period.
struct Retired {
    std::vector<std::uint32_t> vips;
    std::vector<std::uint32_t> backends;
    std::vector<std::pair<std::uint32_t, Prefix>> sources;  ///< entries of lists
};

/// Frees them, after the grace period.
void bury(Maps& maps, Layout& layout, Neighbours& neighbours, const Retired& retired);

}  // namespace lb::dataplane
