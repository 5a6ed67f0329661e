// SPDX-License-Identifier: Apache-2.0
/// Incident: the newest harm that a log tells of, what most likely led to it, and what ended it.
/// Pure.
///
/// Harm is a backend that fell, a pool that left mode normal, a host that could not check or was
/// detached, a change that lbd undid, and one that was let pass by --accept: its effect lasts, and
/// there may be no check left to see it.  The newest harm decides.  Its cause is what was done last
/// before it began, ten minutes before at most: a change that may concern its pool (events/deeds),
/// or a word about a backend of its pool; or maps that somebody changed behind lbd, half a minute
/// before or ten seconds after it began.  What is done while it lasts is an answer to it, unless a
/// pool leaves mode normal after that; and a change that lbd undid explains nothing that came after
/// its end.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "model/event.hpp"

namespace lb::events {

/// How a pool was before the first harm, and when the fewest were healthy.
struct Effect {
    std::optional<Measure> before{}, after{};
};

/// Points into the log that it was found in; nullptr: there is none.
struct Incident {
    const Event* cause = nullptr;   ///< what was done: a change, a word, a detachment, a drift
    const Event* first = nullptr;   ///< harm that came of it
    const Event* harm = nullptr;    ///< the first of the worst
    const Event* back = nullptr;    ///< the rollback, or the start, that took the cause back
    const Event* undone = nullptr;  ///< without a cause: a change that lbd undid shortly before
    const Event* done =
        nullptr;  ///< what was done last while it lasted; if it has an end: soon before
    const Event* end = nullptr;               ///< the last that fell is up, and every pool normal
    const Event* accepted = nullptr;          ///< a change that was let pass, and still runs
    std::set<std::string> fell{};             ///< "web/b1"
    std::string why{};                        ///< of the last that fell
    std::map<std::string, Effect> effects{};  ///< by pool
    std::map<std::string, Effect> besides{};  ///< on pools that the cause does not concern

    bool is_undone() const { return back && !back->actor; }
    explicit operator bool() const { return cause || harm || back; }
};

/// `pool`: what was done to others only is passed over.
Incident newest_incident(const std::vector<Event>& log, const std::string& pool = {});

}  // namespace lb::events
