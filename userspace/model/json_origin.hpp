// SPDX-License-Identifier: Apache-2.0
/// What `lbctl show --effective -o json` prints.
#pragma once

#include <string>

#include "model/origin.hpp"

namespace lb::json {

/// `origin`, `line` and `rule` are null where nobody asked, or there is none.
std::string print(const Effective& effective);

}  // namespace lb::json
