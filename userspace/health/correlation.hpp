// SPDX-License-Identifier: Apache-2.0
/// Correlation: did many targets of several pools begin to fail at once?  Then it may be us.
///
/// Pure: results and time come in.  The measure is safety.md 3.4: half or more of all checked
/// targets, of two or more pools, began to fail (their first fail after a pass) within `window`,
/// which is the longest time that it takes to find a failure (Check::detection_bound).
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>

#include "base/duration.hpp"
#include "base/loop.hpp"
#include "model/target.hpp"

namespace lb::health {

class Correlation {
public:
    void set_window(milliseconds window) { window_ = window; }
    milliseconds window() const { return window_; }

    struct Watched {
        bool fails = false;
        std::optional<Time> began;  ///< within the window, and it has not passed since
    };
    using Member = std::map<Target, Watched>::value_type;

    /// It is checked from now on.  `passes`: until now it did.  One that is known stays as it is.
    /// What is returned stays where it is until forget().
    Member& watch(const Target& target, bool passes);
    void forget(const Target& target);

    /// A conclusive result of one that is watched.  True: it began to fail.
    bool record(Member& member, bool passed, Time now);
    /// "3 of 6 targets in 2 pools began to fail within 5100ms"; empty: they did not.
    std::string suspicion(Time now);
    /// What began until now says nothing any more.
    void clear();

private:
    struct Start {
        Time at;
        Target target;
    };
    void drop(const Target& target, Watched& backend);
    void forget_before(Time then);

    milliseconds window_{0};
    std::map<Target, Watched> watched_;
    std::deque<Start> starts_;          // oldest first; those that count are `began` of theirs
    std::map<std::string, int> pools_;  // how many of each pool count
    std::size_t count_ = 0;             // of all
};

}  // namespace lb::health
