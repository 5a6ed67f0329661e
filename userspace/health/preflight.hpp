// SPDX-License-Identifier: Apache-2.0
/// What has to be tried before a configuration counts.  Pure.
#pragma once

#include <vector>

#include "model/target.hpp"

namespace lb::health {

/// Of `after` those backends whose check is new to them, or who are new themselves: what an attempt
/// does is another, or it takes another way.  How often it is made does not matter.  Pools without
/// such backends, or without a check, are not in it, nor are their vips.
Spec to_be_tried(const Spec& before, const Spec& after);

/// Their targets, in order.
std::vector<Target> targets_to_be_tried(const Spec& before, const Spec& after);

}  // namespace lb::health
