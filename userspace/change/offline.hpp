// SPDX-License-Identifier: Apache-2.0
/// offline: a plan that asks no lbd, for `lbctl plan --offline`.  Pure.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "change/pipeline.hpp"

namespace lb::change {

/// As if `before` ran, every backend were healthy, and nobody had said a word about one: no check
/// is tried, and rules that are about this host, its traffic or a preflight are silent.  A seed
/// that only one of them has is taken for that of both.
std::variant<PlanView, Refusal> plan_offline(Candidate before, Candidate after,
                                             const std::vector<std::string>& accepts,
                                             const std::string& reason, bool is_explained);

}  // namespace lb::change
