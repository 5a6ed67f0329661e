// SPDX-License-Identifier: Apache-2.0
/// outlook: how many healthy backends each vip has, and would have after a change.  Pure.
#pragma once

#include <map>
#include <string>

#include "checklist/change.hpp"
#include "plan/standing.hpp"

namespace lb::change {

/// `inherited`, but a new backend, of whom nothing is known, starts from its preflight.
HealthView begun(HealthView inherited, const std::vector<PreflightView>& preflight, WallTime now);

/// How everybody is when the checks that are new have had their say: whoever fails the preflight
/// will be DOWN, whatever it was.  Who passes it may rise later, and nothing counts on that.
HealthView foreseen(HealthView begun, const std::vector<PreflightView>& preflight);

/// By vip of `after`.  `now` and `then`: how the fronts of both stand, in this moment and as it is
/// foreseen.
std::map<std::string, checklist::VipOutlook> outlook(const Spec& before, const plan::Standings& now,
                                                     const Spec& after,
                                                     const plan::Standings& then);

}  // namespace lb::change
