// SPDX-License-Identifier: Apache-2.0
/// The documents of `lbctl doctor`.
#pragma once

#include <string>

#include "model/diagnosis.hpp"

namespace lb::json {

std::string print(const DoctorView& doctor);
std::string print(const BackendDoctorView& doctor);

}  // namespace lb::json
