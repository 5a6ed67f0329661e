// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "plan/standing.hpp"

namespace lb::plan {

inline constexpr Nanoseconds kSecond = 1'000'000'000;

}  // namespace lb::plan
