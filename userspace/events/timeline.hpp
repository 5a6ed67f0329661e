// SPDX-License-Identifier: Apache-2.0
/// Timeline: what happened, in one line each, and what was most likely the cause.  Pure.
///
/// The likeliest cause comes from the order of events, not from their content: a generation that
/// lbd undid; one after which backends of its pools fell or a pool left mode normal; a word of a
/// person after which a pool did; a checker that could not be trusted; backends that fell by
/// themselves.  The first of these that there is, and of several the latest.
#pragma once

#include <string>
#include <vector>

#include "model/event.hpp"

namespace lb::events {

/// Only what concerns a vip and its pool, or everything.
std::vector<Event> about(const std::vector<Event>& events, const std::string& vip,
                         const std::string& pool);

/// "generation 42 by uid 1001 via lbctl (change 4be2f10, \"tune routing\"): pool \"web\": check
/// http REMOVED; healthy 3 -> 0; undone after 2.1 s: R3 ...".
std::string likeliest_cause(const std::vector<Event>& events);

/// "2026-07-01 10:00:00.104  config.publish  generation 42 by uid 1001 via lbctl: ..."
std::string line(const Event& event);

/// A report on an incident, for a person to finish: Markdown.
std::string postmortem(const std::vector<Event>& events);

}  // namespace lb::events
