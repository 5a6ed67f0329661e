// SPDX-License-Identifier: Apache-2.0
/// What `lbctl doctor` found, for a terminal.  Pure.
#pragma once

#include <string>

#include "cli/failure.hpp"
#include "cli/table.hpp"
#include "model/host.hpp"

namespace lb::cli {

/// What was found of the host, every rule with its result, and below it what to type.
std::string told(const DoctorView& doctor, const Style& style);

/// ok; negative: warnings, or something that could not be judged; invalid: errors.
Exit exit_of(const DoctorView& doctor);

}  // namespace lb::cli
