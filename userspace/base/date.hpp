// SPDX-License-Identifier: Apache-2.0
/// Dates as people write them: a day of the Gregorian calendar, in UTC.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace lb {

using Date = std::chrono::sys_days;

/// "2026-12-31", from the year 1970 to 9999; nullopt for anything else, 2026-02-30 included.
std::optional<Date> parse_date(std::string_view text);
std::string print_date(Date date);

/// The day on which `time` lies.
Date day_of(std::chrono::system_clock::time_point time);

}  // namespace lb
