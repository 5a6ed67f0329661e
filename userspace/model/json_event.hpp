// SPDX-License-Identifier: Apache-2.0
/// Events as JSON: a line each in the log, a list in the API.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"
#include "model/event.hpp"

namespace lb::json {

/// One line, without its end.
std::string print_line(const Event& event);
Result<Event> parse_line(const std::string& line);
/// When it happened, for who asks no more of a line: nothing else is looked at but that it is JSON.
Result<WallTime> time_in_line(const std::string& line);

std::string print(const Impact& impact);
Result<Impact> parse_impact(const std::string& text);

std::string print(const std::vector<Event>& events);
/// The same of lines of the log.
std::string print_lines(const std::vector<std::string>& lines);
/// What is no event is left out, as where the log is read: it stands there as somebody wrote it.
Result<std::vector<Event>> parse_events(const std::string& text);

}  // namespace lb::json
