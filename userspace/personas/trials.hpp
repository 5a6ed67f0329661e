// SPDX-License-Identifier: Apache-2.0
/// Trials: can the checks of a configuration fail, and can they pass?
#pragma once

#include "model/trial.hpp"

namespace lb::personas {

/// Every distinct check against every persona that concerns it, all side by side: that takes about
/// as long as the slowest detection bound.  A persona that passes where the check must notice it is
/// a finding, LB210.  Needs loopback, no rights and no lbd.
TestView try_all(const Spec& spec);

}  // namespace lb::personas
