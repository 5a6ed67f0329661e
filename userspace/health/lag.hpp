// SPDX-License-Identifier: Apache-2.0
/// Lag: how late this process is running its own timers, for as long as somebody wants to know.
///
/// A deadline that was missed while we slept says nothing about the backend (safety.md 3.4).
#pragma once

#include <deque>
#include <memory>

#include "base/loop.hpp"

namespace lb::health {

class Lag {
public:
    /// Measures every 20 ms while it is watched; `alive` is called with the first watcher and each
    /// beat, `at_rest` after the last one has gone.
    explicit Lag(
        Loop& loop, Callback alive = [] {}, Callback at_rest = [] {});

    /// Somebody will ask, for as long as this is held.
    using Watcher = std::shared_ptr<const void>;
    Watcher watch();

    /// The longest delay of a timer since `then`, which lies at most an hour back, and not before
    /// whoever asks became a watcher.
    std::chrono::nanoseconds worst_since(Time then) const;

private:
    struct Late {
        Time when;
        std::chrono::nanoseconds by;
    };
    void expect_a_beat(Time now);
    void beat();

    Timer timer_;
    Callback alive_, at_rest_;
    Watcher ours_ = std::make_shared<char>();  // theirs are copies
    Time due_ = Time::max();                   // at rest
    std::deque<Late> lates_;                   // those worth remembering, oldest first
};

}  // namespace lb::health
