// SPDX-License-Identifier: Apache-2.0
/// When the attempts of a check start.
///
/// Pure: time and randomness come in.  Periods are counted from start to start, so that a slow
/// answer does not stretch them; with timeout <= fast_interval <= interval attempts never overlap.
/// The sum over all checks stays below node.max_checks_per_second because a configuration that
/// needs more is refused (LB305): nothing here delays a check to keep the budget, except that
/// many checks which would start at once start one after the other, at that rate.
#pragma once

#include <random>

#include "base/duration.hpp"
#include "base/loop.hpp"

namespace lb::health {

using Random = std::mt19937_64;

struct Rhythm {
    milliseconds interval{2000};
    milliseconds fast_interval{1000};
    int jitter_percent = 5;
    auto operator<=>(const Rhythm&) const = default;
};

/// The first attempt after the start of lbd: anywhere in one interval, so that a restart does not
/// make all checks march in step.
Time scattered(const Rhythm& rhythm, Time now, Random& random);

/// The `n`th (from 0) of many attempts that are due now.
Time in_turn(int n, int max_per_second, Time now);

/// A settled check starts at a multiple of a step if its jitter leaves room for two to choose from:
/// those of one moment start together, which costs the two processes a few wakeups, and caches that
/// have gone cold, for all of them instead of for each.  The step is no wider than so many need to
/// meet, which keeps the loops free and the attempts in time; than eight fifths of the jitter, so
/// that with the default of 5 % at most one check in twelve starts at once; and than kFarthest.
inline constexpr int kGroup = 100;
inline constexpr milliseconds kClosest{20};  // as a step; less would be none
inline constexpr milliseconds kFarthest{160};

/// The attempt after the one that began at `started`, of a check that is one of so many:
/// `fast_interval` exactly while the state is in doubt, else `interval` plus or minus its jitter;
/// never before `now`.
Time next(const Rhythm& rhythm, std::size_t checks, Time started, bool in_doubt, Time now,
          Random& random);

}  // namespace lb::health
