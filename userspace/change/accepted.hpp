// SPDX-License-Identifier: Apache-2.0
/// accepted: what somebody has let pass, for as long as it has an effect.  Pure.
///
/// A rule about how things are (a pool without a check) is asked again with each generation: would
/// it still object, had that come after what it was accepted for?  So whatever else is changed, it
/// lasts, and follows a pool to another name.  A rule about a step (half of a pool at once) is let
/// pass for that step, until the generation that made it is confirmed.
#pragma once

#include <vector>

#include "model/memory.hpp"

namespace lb::change {

/// By the generation of `meta`, which makes `after` of `before`.
std::vector<Accepted> accepted_by(const GenerationMeta& meta, const Spec& before,
                                  const Spec& after);

/// Of what was in effect with `before`, what is so with `after`, too; not what is about the step.
std::vector<Accepted> lasting(const std::vector<Accepted>& accepted, const Spec& before,
                              const Spec& after);

/// What was in effect when it was published, as far as the lbd that wrote it knew.
std::vector<Accepted> in_effect(const GenerationMeta& meta);

}  // namespace lb::change
