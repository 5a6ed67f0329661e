// SPDX-License-Identifier: Apache-2.0
#include "health/schedule.hpp"

#include <algorithm>

namespace lb::health {

using std::chrono::nanoseconds;

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
    std::uniform_int_distribution<std::int64_t> jitter{-most.count(), most.count()};
    return std::max(now, started + rhythm.interval + nanoseconds{jitter(random)});
}

}  // namespace lb::health
