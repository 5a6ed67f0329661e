// SPDX-License-Identifier: Apache-2.0
/// What `lbctl doctor` finds, and how a terminal shows it.  Pure, but for examine().
#pragma once

#include <string>

#include "cli/verb.hpp"
#include "model/host.hpp"

namespace lb::cli {

/// What was found of the host, every rule with its result, and below it what to type.
std::string told(const DoctorView& doctor, const Style& style);

/// Whose host: that of the configuration in `file`; empty: of the running one, else of `next`.
struct Examinee {
    std::string file;
    std::string next;
    std::string pins;
};

/// Every rule about hosts, asked now.
Outcome<DoctorView> examine(const Session& session, const Examinee& examinee);

/// ok; negative: warnings, or something that could not be judged; invalid: errors.
Exit exit_of(const DoctorView& doctor);

}  // namespace lb::cli
