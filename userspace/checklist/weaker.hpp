// SPDX-License-Identifier: Apache-2.0
/// weakened: by what a check says less than the one before it.
#pragma once

#include <string>

#include "checklist/change.hpp"
#include "checklist/succession.hpp"

namespace lb::checklist {

/// "fall 3 -> 5, expect_body \"ok\" -> nothing"; empty: it is as strict.  Both pools are checked.
std::string weakened(const Change& change, const Succession& succession);

}  // namespace lb::checklist
