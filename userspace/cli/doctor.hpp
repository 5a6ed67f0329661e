// SPDX-License-Identifier: Apache-2.0
/// What `lbctl doctor` finds, and how a terminal shows it.  Pure, but for examine().
#pragma once

#include <string>
#include <vector>

#include "cli/verb.hpp"
#include "model/diagnosis.hpp"

namespace lb::cli {

/// What was found of the host, every rule with its result, and below it what to type; then why
/// packets do not get to the backends.
std::string told(const DoctorView& doctor, const Style& style);
std::string told(const BackendDoctorView& doctor, const Style& style);

/// Whose host: that of the configuration in `file`; empty: of the running one, else of `next`.
struct Examinee {
    std::string file;
    std::string next;
    std::string pins;
    std::vector<BackendId> backends{};  ///< that are asked; empty: all, as far as they are few
};

/// Every rule about hosts, asked now; without a file how it forwards, too.
Outcome<DoctorView> examine(const Session& session, const Examinee& examinee);

/// ok; negative: warnings, or something that could not be judged; invalid: errors.
Exit exit_of(const DoctorView& doctor);
Exit exit_of(const BackendDoctorView& doctor);

}  // namespace lb::cli
