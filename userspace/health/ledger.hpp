// SPDX-License-Identifier: Apache-2.0
/// Ledger: counts what checks said and what became of it, for metrics.  It decides nothing.
#pragma once

#include "model/figures.hpp"

namespace lb::health {

/// Invariant: there are counters for exactly the targets that were opened and kept, and a page
/// stays where it is as long as its target is kept.
class Ledger {
public:
    /// Where the results of one target are counted.
    struct Page {
        CheckCounts* backend = nullptr;
        TargetFigures* target = nullptr;
        Durations* pool = nullptr;

        void record(const CheckResult& result, WallTime now) const;
        void turned() const { ++target->transitions; }
    };

    /// Of the others nothing is known any more.
    void keep(const std::vector<Target>& targets);
    /// A target that is known goes on counting.
    Page open(const Target& target);
    /// The loop ran a timer so late.
    void late(std::chrono::nanoseconds by) { figures_.lag.add(by); }
    const CheckFigures& figures() const { return figures_; }

private:
    CheckFigures figures_;
};

}  // namespace lb::health
