// SPDX-License-Identifier: Apache-2.0
/// Judge: what a run of results says about one backend.
///
/// Pure: results and time come in, a change of state comes out.  Invariant: the state changes only
/// by `rise` passes or `fall` fails in a row; the first pass of a backend that never concluded is
/// enough.  An inconclusive result is our trouble and touches nothing (safety.md 3.1).
#pragma once

#include <cstdint>
#include <optional>

#include "base/loop.hpp"
#include "model/health.hpp"

namespace lb::health {

struct Rules {
    int rise = 2;
    int fall = 3;
    bool operator==(const Rules&) const = default;
};

class Judge {
public:
    explicit Judge(Rules rules, HealthState state = HealthState::checking)
        : rules_{rules}, state_{state} {}

    /// The new state, if this result changes it.
    std::optional<HealthState> record(Outcome outcome, Time now);
    /// Another check decides from now on: the state stays, both counters start again.
    void change(Rules rules);

    HealthState state() const { return state_; }
    /// Conclusive results in a row that say the same.
    std::int64_t streak() const { return streak_; }
    /// CHECKING, UP with a fail counted, DOWN with a pass counted: look again soon.
    bool in_doubt() const;
    /// When the last conclusive result came; nothing before the first.
    std::optional<Time> conclusive_at() const { return conclusive_at_; }

private:
    Rules rules_;
    HealthState state_;
    bool last_passed_ = false;  // says nothing while streak_ is 0
    std::int64_t streak_ = 0;
    std::optional<Time> conclusive_at_;
};

}  // namespace lb::health
