// SPDX-License-Identifier: Apache-2.0
/// The document of `lbctl test`.
#pragma once

#include <string>

#include "model/trial.hpp"

namespace lb::json {

std::string print(const TestView& test);

}  // namespace lb::json
