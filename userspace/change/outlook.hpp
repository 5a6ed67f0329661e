// SPDX-License-Identifier: Apache-2.0
/// outlook: how many healthy backends each vip has, and would have after a change.  Pure.
#pragma once

#include <map>
#include <string>

#include "checklist/change.hpp"
#include "plan/standing.hpp"

namespace lb::change {

/// By vip of `after`.  `now` and `then`: how the fronts of both stand, in this moment and in the
/// one after the change.
std::map<std::string, checklist::VipOutlook> outlook(const Spec& before, const plan::Standings& now,
                                                     const Spec& after,
                                                     const plan::Standings& then);

}  // namespace lb::change
