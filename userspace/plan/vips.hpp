// SPDX-License-Identifier: Apache-2.0
/// The vips of the tables, with their slots.  Pure.
#pragma once

#include "plan/tables.hpp"

namespace lb::plan {

/// Adds the vips of `spec` to `tables`, which has its backends.  Fails, as tables() does, where
/// there is no room.
Result<> place_vips(const Spec& spec, Homes& homes, const Standings& standings,
                    const Layout& layout, Nanoseconds now, Tables& tables);

}  // namespace lb::plan
