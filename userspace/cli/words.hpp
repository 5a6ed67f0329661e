// SPDX-License-Identifier: Apache-2.0
/// Numbers, times and names as people read and type them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "model/health.hpp"

namespace lb::cli {

/// 999, "1.23k", "45.6M": three digits, powers of 1000.
std::string short_number(std::uint64_t number);
/// "0s", "87s", "45m", "30h", "12d": the unit that leaves at least two of it; "-" for never.
std::string age(WallTime then, WallTime now);
/// "2026-07-01 10:00:00 UTC", "-" for never.
std::string full_time(WallTime time);
/// "0.2 ms", "1000.0 ms".
std::string milliseconds_text(std::chrono::microseconds duration);
/// 0.334: " 33.4%".
std::string percent(double share);
/// 0.982, 0.011: "98.2% ±1.1".
std::string percent(double share, double error);
/// 0.5, 8: "####....".  A share that is not 0 has at least one mark.
std::string bar(double share, std::size_t width);

/// "web/web-1".  nullopt: not POOL/BACKEND, or a character that no name has.
std::optional<BackendId> parse_backend(std::string_view text);
/// Names are [a-z0-9._-]{1,63}.
bool is_name(std::string_view text);
/// Decimal digits: a generation, where a file may stand, too.
bool is_number(std::string_view text);

/// "a,b"
std::string joined(const std::vector<std::string>& words, const std::string& between);

/// A JSON document as one line: line breaks stand only between its words.
std::string one_line(const std::string& document);

/// What is wrong with a duration on the command line, "" if nothing is.
std::string complaint_of_duration(const std::string& text);
/// ... with how often to look.
std::string complaint_of_interval(const std::string& text);

/// `; did you mean "x"?`, or nothing.
std::string did_you_mean(const std::string& word, const std::vector<std::string>& known);

}  // namespace lb::cli
