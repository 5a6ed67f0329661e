// SPDX-License-Identifier: Apache-2.0
/// Why a backend's state changed, in words for the log and for status.
#pragma once

#include <string>

#include "health/judge.hpp"

namespace lb::health {

/// After a result that changed the state: "3 fails in a row: backend.refused".
std::string why(HealthState before, const Judge& judge, const CheckResult& result);
/// After time changed it: "no conclusive result for 15s, the last said local.link_down".
std::string why(HealthState before, const Judge& judge, const std::optional<CheckResult>& last);

}  // namespace lb::health
