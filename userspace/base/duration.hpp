// SPDX-License-Identifier: Apache-2.0
/// Durations as people write them: a decimal number and one unit, ms, s, m or h.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace lb {

using std::chrono::milliseconds;

/// "500ms", "2s", "5m", "24h".  nullopt without a unit, with a sign, a fraction, a space, or more
/// than a year.
std::optional<milliseconds> parse_duration(std::string_view text);

/// The shortest exact text: 1500 ms is "1500ms", 2000 ms is "2s".
std::string print_duration(milliseconds duration);

}  // namespace lb
