// SPDX-License-Identifier: Apache-2.0
/// Lag: how late this process is running its own timers.
///
/// A deadline that was missed while we slept says nothing about the backend (safety.md 3.4).
#pragma once

#include <deque>

#include "base/loop.hpp"

namespace lb::health {

class Lag {
public:
    /// Measures from now on, every 20 ms; each beat calls `alive`.
    Lag(Loop& loop, Callback alive);

    /// The longest delay of a timer since `then`, which lies at most an hour back.
    std::chrono::nanoseconds worst_since(Time then) const;

private:
    struct Late {
        Time when;
        std::chrono::nanoseconds by;
    };
    void beat();

    Timer timer_;
    Callback alive_;
    Time due_;
    std::deque<Late> lates_;  // those worth remembering, oldest first
};

}  // namespace lb::health
