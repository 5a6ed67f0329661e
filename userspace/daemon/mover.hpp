// SPDX-License-Identifier: Apache-2.0
/// Mover: brings slots that move to rest, and lets go of backends that leave.
///
///     holding back --window over--> settling --walk finds no foreign entry--> at rest
///     leaving --no slot and no flow names it, or drain_timeout--> gone
///
/// Looks once a second; while something moves or leaves, each look begins a round: one complete
/// walk over the flow table, away from the loop.  A round whose slots changed meanwhile proves
/// nothing about them, and the next one decides.
#pragma once

#include <map>
#include <set>
#include <vector>

#include "base/loop.hpp"
#include "daemon/forwarding.hpp"

namespace lb::daemon {

class Mover {
public:
    Mover(Loop& loop, Forwarding& forwarding, dataplane::Dataplane& dataplane);

    /// What the last complete walk found.
    const FlowReport& flows() const { return report_; }
    /// Why there is no newer one; empty: all is well.
    const std::string& problem() const { return problem_; }

private:
    void look();
    void settle_windows();
    bool has_work() const;
    void begin_round();
    void end_round(const Result<FlowReport>& report, std::uint64_t epoch);
    std::vector<std::uint32_t> unneeded();

    Forwarding& forwarding_;
    dataplane::Dataplane& dataplane_;
    Timer timer_;
    FlowReport report_;
    std::string problem_;
    bool walking_ = false;
    bool first_ = true;                // whatever an lbd before us may have left
    std::set<std::uint32_t> unnamed_;  // leaving, named by no slot when the last walk began
    struct Refusals {
        std::uint64_t count = 0;
        Nanoseconds last = 0;
    };
    std::map<std::uint32_t, Refusals> refusals_;  // by vip number
};

}  // namespace lb::daemon
