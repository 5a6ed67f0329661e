// SPDX-License-Identifier: Apache-2.0
/// weakened: by what a check says less than the one before it.
#pragma once

#include <string>

#include "checklist/change.hpp"

namespace lb::checklist {

/// "fall 3 -> 5, expect_body \"ok\" -> nothing"; empty: it is as strict.  `before` and `after` are
/// the checks of `pool` on both sides of `change`, and none of them is `none`.
std::string weakened(const Change& change, const std::string& pool, const Check& before,
                     const Check& after);

}  // namespace lb::checklist
