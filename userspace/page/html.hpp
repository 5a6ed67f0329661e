// SPDX-License-Identifier: Apache-2.0
/// Values -> HTML.  Whatever comes from outside (names, reasons, results) goes through text().
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "model/health.hpp"

namespace lb::page {

/// For an element or an attribute in quotation marks: no character of it means anything, and what
/// nobody can see is shown as "�".
std::string text(std::string_view plain);

/// A sentence that somebody wrote, in whatever direction it runs: what stands beside it stays where
/// it is.
std::string sentence(std::string_view plain);

/// "<time ...>03:12:05</time>"; with its day, if that is not the day of `now`; "-" for no time.
/// All in UTC.
std::string moment(WallTime time, WallTime now);

std::string percent(double ratio);                    ///< "33.3 %"
std::string amount(double value);                     ///< "48211", "0.4"
std::string latency(std::chrono::microseconds time);  ///< "0.4 ms"
std::string cell(std::string_view html);              ///< "<td>...</td>"
std::string heading_cell(std::string_view html);      ///< "<th scope="row">...</th>"
/// "1 backend", "2 backends".
std::string counted(std::size_t count, const std::string& what);
/// The head of a table of which the columns have these names.
std::string table_head(std::string_view caption, std::initializer_list<const char*> columns);

}  // namespace lb::page
