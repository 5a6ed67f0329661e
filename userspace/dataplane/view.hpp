// SPDX-License-Identifier: Apache-2.0
/// The loaded maps as the packet program sees them, for reading.
#pragma once

#include "dataplane/loader.hpp"
#include "explain/world.hpp"

namespace lb::dataplane {

/// Copies what is looked up, so no run of the program changes a map, an entry or a counter.  Good
/// for as long as the object is loaded.
explain::World view_of(const Loaded& loaded);

}  // namespace lb::dataplane
