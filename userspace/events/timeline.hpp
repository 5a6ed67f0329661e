// SPDX-License-Identifier: Apache-2.0
/// Timeline: what happened, in one line each, and what was most likely the cause (events/incident).
/// Pure.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "model/event.hpp"

namespace lb::events {

/// Only what concerns a vip and its pool, or everything; all changes, as a generation is of all.
std::vector<Event> about(const std::vector<Event>& events, const std::string& vip,
                         const std::string& pool);

/// When, who, what, and the effect: "2026-07-01 10:00:00.104  generation 42 by uid 1001 via lbctl
/// (change 4be2f10, \"tune routing\"): pool \"web\": check http REMOVED; healthy 3 -> 0 of 3;
/// undone after 2.1 s: R3 ...".  Without harm it is what was done last; without that, a change that
/// was refused.  `pool`: changes of others do not count.
std::string likeliest_cause(const std::vector<Event>& events, const std::string& pool = {});

/// "2026-07-01 10:00:00.104  config.publish  generation 42 by uid 1001 via lbctl: ..."
std::string line(const Event& event);

/// The same without what was measured.
std::string happening(const Event& event);

/// How an lbd that is gone left the service: its last table, and the backends as they were counted
/// last in all pools together.  Nothing: they were not.
std::optional<Measure> last_measure(const std::deque<Event>& log);

/// A report on an incident, for a person to finish: Markdown.
std::string postmortem(const std::vector<Event>& events, const std::string& pool = {});

}  // namespace lb::events
