// SPDX-License-Identifier: Apache-2.0
#include "health/schedule.hpp"

#include <algorithm>

namespace lb::health {

using std::chrono::nanoseconds;

namespace {

/// The steps of checks whose jitter is at most this: they divide each other, so that checks of any
/// rhythm meet.  Zero: there is no room for one.
nanoseconds step_for(nanoseconds jitter) {
    if (jitter < kTogether) return nanoseconds{0};
    nanoseconds step = kTogether;
    while (step < kFarthest && step * 2 <= jitter)
        step *= 2;
    return step;
}

/// The first multiple of `step` that is not before it.
Time together(Time when, nanoseconds step) {
    return Time{(when.time_since_epoch() + step - nanoseconds{1}) / step * step};
}

}  // namespace

Time scattered(const Rhythm& rhythm, Time now, Random& random) {
    std::uniform_int_distribution<std::int64_t> anywhere{0, nanoseconds{rhythm.interval}.count()};
    return now + nanoseconds{anywhere(random)};
}

Time in_turn(int n, int max_per_second, Time now) {
    return now + n * nanoseconds{std::chrono::seconds{1}} / std::max(max_per_second, 1);
}

Time next(const Rhythm& rhythm, Time started, bool in_doubt, Time now, Random& random) {
    if (in_doubt) return std::max(now, started + rhythm.fast_interval);
    const auto most = nanoseconds{rhythm.interval} * rhythm.jitter_percent / 100;
    const auto step = step_for(most);
    std::uniform_int_distribution<std::int64_t> jitter{-most.count(), (most - step).count()};
    const auto when = started + rhythm.interval + nanoseconds{jitter(random)};
    return std::max(now, step.count() != 0 ? together(when, step) : when);
}

}  // namespace lb::health
