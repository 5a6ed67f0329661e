// SPDX-License-Identifier: Apache-2.0
/// Words: what an event says, in pieces of a sentence.  Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/event.hpp"

namespace lb::events {

std::string joined(const std::vector<std::string>& words, const char* between);

/// Of many the first twenty, and how many more there are.
std::vector<std::string> some_of(const std::vector<std::string>& differences);

/// "2026-07-01 10:00:00.104", in UTC: each line of the timeline begins with it.
std::string stamp(WallTime at);

/// " by uid 1001 via lbctl (change 4be2f10, "tune routing")"; "" if nobody did it.
std::string author(const Event& event);

/// "healthy 12 -> 10"; "" if it is the same.
std::string healthy(const std::optional<Measure>& before, const std::optional<Measure>& after);

/// "healthy 12 -> 10 of 12", also if it is the same; "healthy unknown" if nobody measured.
std::string counted(const std::optional<Measure>& before, const std::optional<Measure>& after);

/// "healthy 12 -> 10 of 12, handshakes 99.8 % -> 99.7 %, 350 packets/s -> 348"
std::string effect(const Measure& before, const Measure& after);

/// When and what was done: "2026-07-01 10:00:00.104  generation 42 by uid 1001 via lbctl: pool
/// "web": check http REMOVED".
std::string deed(const Event& event);

}  // namespace lb::events
