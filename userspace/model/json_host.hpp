// SPDX-License-Identifier: Apache-2.0
/// The document of `lbctl doctor`.
#pragma once

#include <string>

#include "model/host.hpp"

namespace lb::json {

std::string print(const DoctorView& doctor);

}  // namespace lb::json
