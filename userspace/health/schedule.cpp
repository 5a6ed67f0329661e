// SPDX-License-Identifier: Apache-2.0
#include "health/schedule.hpp"

#include <algorithm>

namespace lb::health {

using std::chrono::nanoseconds;

namespace {

std::int64_t between(std::int64_t least, std::int64_t most, Random& random) {
    return std::uniform_int_distribution{least, most}(random);
}

/// An odd number of half steps is an interval: who started at a multiple is due between two.  The
/// fifth of the jitter that is left is for who started late.  Zero: there is no room for a step.
nanoseconds step_for(nanoseconds interval, nanoseconds jitter, std::size_t checks) {
    const auto enough =
        interval * kGroup / static_cast<std::int64_t>(std::max<std::size_t>(checks, 1));
    const auto farthest = std::clamp<nanoseconds>(enough, kClosest, kFarthest);
    const auto most = std::min(farthest, jitter * 8 / 5);
    if (most < kClosest) return nanoseconds{0};
    const auto halves = (2 * interval + most - nanoseconds{1}) / most | 1;
    return 2 * interval / halves;
}

}  // namespace

Time scattered(const Rhythm& rhythm, Time now, Random& random) {
    return now + nanoseconds{between(0, nanoseconds{rhythm.interval}.count(), random)};
}

Time in_turn(int n, int max_per_second, Time now) {
    return now + n * nanoseconds{std::chrono::seconds{1}} / std::max(max_per_second, 1);
}

Time next(const Rhythm& rhythm, std::size_t checks, Time started, bool in_doubt, Time now,
          Random& random) {
    if (in_doubt) return std::max(now, started + rhythm.fast_interval);
    const nanoseconds jitter = nanoseconds{rhythm.interval} * rhythm.jitter_percent / 100;
    const auto due = started.time_since_epoch() + rhythm.interval;
    const auto earliest = due - jitter;
    const auto latest = due + jitter;
    const auto step = step_for(rhythm.interval, jitter, checks);
    if (step.count() == 0)
        return std::max(now, Time{nanoseconds{between(earliest.count(), latest.count(), random)}});
    const auto first = (earliest + step - nanoseconds{1}) / step;
    return std::max(now, Time{step * between(first, latest / step, random)});
}

}  // namespace lb::health
