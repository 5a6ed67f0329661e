// SPDX-License-Identifier: Apache-2.0
/// effects: what clients of a vip feel when other tables are published.  Pure.
#pragma once

#include <vector>

#include "model/tables.hpp"
#include "model/view.hpp"

namespace lb::plan {

/// Fills in which part of its slots moves, and which part of its connections cannot stay.
void weigh(const Tables& before, const Tables& after, std::vector<VipEffect>& effects);

}  // namespace lb::plan
