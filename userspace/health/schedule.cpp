// SPDX-License-Identifier: Apache-2.0
#include "health/schedule.hpp"

#include <algorithm>

namespace lb::health {

using std::chrono::nanoseconds;

namespace {

/// The first multiple of kTogether that is not before it.
Time together(Time when) {
    return Time{(when.time_since_epoch() + kTogether - nanoseconds{1}) / kTogether * kTogether};
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
    const bool has_room = most >= kTogether;
    const auto latest = has_room ? most - kTogether : most;
    std::uniform_int_distribution<std::int64_t> jitter{-most.count(), latest.count()};
    const auto when = started + rhythm.interval + nanoseconds{jitter(random)};
    return std::max(now, has_room ? together(when) : when);
}

}  // namespace lb::health
