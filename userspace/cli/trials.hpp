// SPDX-License-Identifier: Apache-2.0
/// What `lbctl test` found, as text for a terminal and for a CI server.  Pure.
#pragma once

#include <string>

#include "cli/table.hpp"
#include "model/trial.hpp"

namespace lb::cli {

Table trial_table(const TestView& test);
/// "16 trials: 14 ok, 2 that a check cannot see, 0 mismatches, 0 not tested"
std::string trial_summary(const TestView& test);

/// A suite for each check, a case for each persona.  What was not tested or cannot be seen is
/// skipped there: it did not pass.
std::string as_junit(const TestView& test);

bool has_mismatch(const TestView& test);

}  // namespace lb::cli
