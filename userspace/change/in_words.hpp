// SPDX-License-Identifier: Apache-2.0
/// in_words: what a change is, and what is said to it.  Pure.
#pragma once

#include <vector>

#include "change/pipeline.hpp"
#include "checklist/change.hpp"
#include "config/diff.hpp"
#include "model/view.hpp"

namespace lb::change {

/// The differences, and of each vip that they are about how healthy it is and would be.
PlanView in_words(const checklist::Change& change,
                  const std::vector<config::Difference>& differences);

/// What the rules say to it.  `before` is in the plan already: what is no change is not refused.
void judged(const Candidate& candidate, const Findings& warnings, Findings refusals,
            PlanView& plan);

}  // namespace lb::change
