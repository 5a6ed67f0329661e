// SPDX-License-Identifier: Apache-2.0
/// SlowStart: who comes back from DOWN gets its share of new flows step by step (`slow_start`).
///
/// Pure: time comes in.  Invariant: a share grows in advance() alone, so that who calls that can
/// tell of every step.
#pragma once

#include <map>

#include "base/loop.hpp"
#include "plan/standing.hpp"

namespace lb::plan {

class SlowStart {
public:
    /// How one front stood, and stands now.  Whoever came back from DOWN while the others were
    /// enough starts slowly.  Who fell again, or is needed at once, does so no longer.
    void note(const Front& front, const Pool& pool, const Standing& before, const Standing& now,
              Time at);

    /// In ten steps, never less than one of them.
    void advance(const Spec& spec, Time now);
    /// Thousandths of its slots; whole for everybody who does not start slowly.
    int share(const Target& target) const;
    /// Forgets who has its whole share.
    void end_some();

    struct Start {
        Time since;
        int share = 0;
    };
    const std::map<Target, Start>& starts() const { return starts_; }

private:
    std::map<Target, Start> starts_;
};

}  // namespace lb::plan
