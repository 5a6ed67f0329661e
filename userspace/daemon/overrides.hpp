// SPDX-License-Identifier: Apache-2.0
/// Overrides: what people said about backends over what the file says.  Pure.
#pragma once

#include <map>

#include "model/memory.hpp"
#include "model/spec.hpp"
#include "plan/standing.hpp"

namespace lb::daemon {

using Overrides = std::map<BackendId, Override>;

/// The admin states that the plan needs of them.
plan::Overrides states(const Overrides& overrides);

/// One ends when its backend goes, or when the file says something new about it.
using Survival = Overrides (*)(Overrides said, const Spec& before, const Spec& after);
Overrides surviving(Overrides overrides, const Spec& before, const Spec& after);
Overrides surviving_weights(Overrides weights, const Spec& before, const Spec& after);
/// Those of `overrides` that are not in `others`.
Overrides without(Overrides overrides, const Overrides& others);
/// As it is to be forwarded: what people said about weights over what the file says.
Spec weighted(Spec spec, const Overrides& weights);

}  // namespace lb::daemon
