// SPDX-License-Identifier: Apache-2.0
/// Impacts: which generations are still to be measured, and when.  Pure: time and measures come in,
/// what is to be recorded comes out.
///
/// Invariant: each is measured twice.  First when its window ends, whoever confirms it later, or
/// when it is taken back before that; then five minutes after its publication, and after the end of
/// a window that takes longer.  A way back is watched by nobody: its window is time that passes,
/// and ends at the latest when another generation follows.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/duration.hpp"
#include "base/loop.hpp"
#include "model/event.hpp"

namespace lb::change {

class Impacts {
public:
    struct Record {
        Impact impact;
        Measure now;
        const char* when;  ///< "at the end of its verify window"
    };

    /// It is published.
    void expect(std::uint64_t generation, const Measure& before, Time now);
    void expect_way_back(std::uint64_t generation, const Measure& before, milliseconds window,
                         Time now);
    /// Of one that was published `age` ago nothing is to be said any more.
    static bool is_over(milliseconds window, milliseconds age);
    /// An lbd before us has measured it at the end of its window.
    void resume(Impact impact, milliseconds window, milliseconds age, Time now);

    /// Nothing: that was told already.
    std::optional<Record> end_window(std::uint64_t generation, const Measure& measure, Time now);
    /// The same of a way back, as another generation follows it.
    std::optional<Record> follow(std::uint64_t generation, const Measure& measure, Time now);
    /// The same, if its window has not ended; why is kept in any case.
    std::optional<Record> take_back(std::uint64_t generation, const Measure& measure,
                                    const std::string& why, Time now);
    /// Those whose second measure is due; nobody measures if there is none.
    std::vector<Record> look(const std::function<Measure()>& measure, Time now);

private:
    struct Expected {
        Impact impact;
        Time due;
        bool was_long = false;             ///< its window
        std::optional<Time> window_end{};  ///< of a way back
    };
    Expected* find(std::uint64_t generation);
    static Record close(Expected& its, const Measure& measure, Time now, const char* when);

    std::vector<Expected> expected_;
};

}  // namespace lb::change
