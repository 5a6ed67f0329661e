// SPDX-License-Identifier: Apache-2.0
/// How tests look at tables: without colour, at one moment.
#pragma once

#include "base/loop.hpp"
#include "cli/table.hpp"
#include "model/health.hpp"

namespace lb::cli {

inline constexpr Style kPlain{false, true};
inline constexpr Style kWide{false, true, true};
inline const WallTime kNow{std::chrono::seconds{1'782'900'000}};

}  // namespace lb::cli
