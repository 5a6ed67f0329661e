// SPDX-License-Identifier: Apache-2.0
/// What is known of backends when the configuration changes.  Pure.
#pragma once

#include "model/health.hpp"

namespace lb::health {

/// For each target of `is` of which something is known:
/// - what `restored` says of it;
/// - the same target, if its backend has the same address: another address is another backend;
/// - the same backend, checked at its vips before and at its own address now, or the other way
///   round: a changed check keeps the verdict, of several the worst;
/// - who was DOWN at this address and port, in whatever pool: a new name heals nobody.
///
/// To remove a check heals nobody either (INV-4): with `type: none` the verdict stays, of several
/// the worst, and whoever was DOWN at this address, at whatever port or vip, stays so.  Only of who
/// is new altogether is it up, as no check will ever say so.
HealthView inherit(const HealthView& before, const Spec& was, const Spec& is,
                   const HealthView& restored = {});

/// Of `before`, which was under `was`, what counts again where `is` takes `undone` back: who is
/// back at the same address, and whose check is another again.  What the undone check said of them
/// does not.
HealthView as_before(const HealthView& before, const Spec& was, const Spec& undone, const Spec& is);

}  // namespace lb::health
