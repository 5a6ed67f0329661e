// SPDX-License-Identifier: Apache-2.0
/// Whose fault an error is: the table of safety.md 3.4.
#pragma once

#include "model/health.hpp"

namespace lb {

/// Where an error came from: our own system call, or the network's answer to it.
enum class Met { here, on_the_wire };

/// What `err` (an errno, 0: none) says about the backend.
CheckResult classify(int err, Met met);
/// The backend's fault.
CheckResult failed(CheckReason reason, int detail = 0);
/// Ours.
CheckResult inconclusive(CheckReason reason, int detail = 0);

}  // namespace lb
