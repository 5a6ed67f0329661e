// SPDX-License-Identifier: Apache-2.0
/// Judge: what the results of its checks say about one backend.
///
/// Pure: results and time come in, a change of state comes out.  docs/health-checks.md draws the
/// states; safety.md 3.1 defines them.  Invariants: the verdict changes only by `rise` passes or
/// `fall` fails in a row, the first pass of a backend without one excepted; what is inconclusive
/// is our trouble and never changes it.  That a check goes or comes changes it neither; while there
/// is none, only a person can.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "health/schedule.hpp"
#include "model/health.hpp"

namespace lb::health {

/// So many changes within `window`, and the next return waits for `hold`: twice as long each time,
/// up to `hold_max`, plus or minus a tenth.
struct Damping {
    int threshold = 5;  ///< 0: off
    milliseconds window{300'000};
    milliseconds hold{30'000};
    milliseconds hold_max{300'000};
    bool operator==(const Damping&) const = default;
};

struct Rules {
    int rise = 2;
    int fall = 3;
    milliseconds stale_after{15'000};
    Damping damping{};
    bool unchecked = false;  ///< there is no check: no result comes, and the verdict stands
    bool operator==(const Rules&) const = default;
};

/// So many inconclusive results in a row are as good as none.
inline constexpr int kBlind = 5;

class Judge {
public:
    /// Of a backend that nobody knows, or of one as it was when lbd ended: HELD_DOWN begins its
    /// hold again, STALE lasts until something is heard.
    Judge(const Rules& rules, HealthState state, HealthVerdict verdict, Time now);

    /// The new state, if this result changes it.  `may_hold`: the pool can do without this backend.
    std::optional<HealthState> record(Outcome outcome, bool may_hold, Time now, Random& random);
    /// The new state, if the passing of time changed it.
    std::optional<HealthState> wake(Time now);
    /// Before, wake() changes nothing unless something else comes first.
    Time wakes_at() const;
    /// Another check decides from now on, or none: the verdict stays, the counters start again.
    void change(const Rules& rules, Time now);
    /// What has failed until now says nothing: the next fail is the first of a row.
    void forget_fails();
    /// A person vouches for a backend that nobody checks.  False: it is checked, or is up already.
    bool vouch();

    HealthState state() const;
    HealthVerdict verdict() const { return verdict_; }
    /// Conclusive results in a row that say the same.
    std::int64_t streak() const { return streak_; }
    /// Inconclusive results since the last conclusive one.
    std::int64_t inconclusive() const { return inconclusive_; }
    /// CHECKING, UP with a fail counted, DOWN with a pass counted: look again soon.
    bool in_doubt() const;
    /// When HELD_DOWN ends; nothing: it is not held.
    std::optional<Time> held_until() const { return held_until_; }
    const Rules& rules() const { return rules_; }

private:
    bool is_flapping(Time now) const;
    void turn(HealthVerdict verdict, Time now);
    void hold(Time now, Random& random);

    Rules rules_;
    HealthVerdict verdict_;
    bool stale_ = false;
    bool last_passed_ = false;  // says nothing while streak_ is 0
    std::int64_t streak_ = 0;
    std::int64_t inconclusive_ = 0;
    Time heard_at_;                   // of the last conclusive result, or the beginning
    std::vector<Time> turns_;         // UP to DOWN and back: as many as damping looks at
    std::optional<Time> held_until_;  // HELD_DOWN
    Time last_hold_ended_{};
    int holds_ = 0;  // in a row
};

}  // namespace lb::health
