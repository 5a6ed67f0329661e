// SPDX-License-Identifier: Apache-2.0
#include "health/schedule.hpp"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace lb::health {
namespace {

using namespace std::chrono_literals;

using Millis = std::chrono::duration<double, std::milli>;

const Time kNow{1000s};
constexpr Rhythm kRhythm{2000ms, 500ms, 5};
constexpr std::size_t kFew = 1000;  // with that

class Schedule : public testing::Test {
protected:
    Schedule() { RecordProperty("seed", std::to_string(seed)); }
    const std::uint64_t seed = std::random_device{}();
    Random random{seed};
};

/// Of one check that is settled, each attempt `late`.
std::vector<Time> starts(const Rhythm& rhythm, int count, std::chrono::microseconds late,
                         Random& random) {
    std::vector<Time> starts{scattered(rhythm, kNow, random)};
    while (std::cmp_less(starts.size(), count))
        starts.push_back(next(rhythm, kFew, starts.back(), false, starts.back(), random) + late);
    return starts;
}

/// Between two attempts; the first two may have begun anywhere.
std::vector<Time::duration> periods(const std::vector<Time>& starts) {
    std::vector<Time::duration> periods;
    for (std::size_t i = 3; i < starts.size(); ++i)
        periods.push_back(starts[i] - starts[i - 1]);
    return periods;
}

template <class Which>
double count_if(const std::vector<Time::duration>& periods, Which which) {
    return static_cast<double>(std::count_if(periods.begin(), periods.end(), which));
}

TEST_F(Schedule, ASettledCheckComesAfterItsIntervalPlusOrMinusItsJitter) {
    for (int i = 0; i < 10000; ++i) {
        const auto started = kNow + i * 345us;
        const auto when = next(kRhythm, kFew, started, false, started, random);
        EXPECT_GE(when, started + 1900ms) << "seed " << seed;
        EXPECT_LE(when, started + 2100ms) << "seed " << seed;
    }
}

TEST_F(Schedule, InTheMeanItIsTheInterval) {
    for (const auto interval : {100ms, 300ms, 1000ms, 1700ms, 2000ms, 3000ms, 7000ms, 30000ms})
        for (const int jitter : {1, 5, 20, 50}) {
            const auto made = starts({interval, interval, jitter}, 4000, 0us, random);
            const Millis mean =
                Millis{made.back() - made[2]} / static_cast<double>(made.size() - 3);
            const Millis most{interval * jitter / 100};
            EXPECT_NEAR(mean / interval, 1, 0.08 * most / interval)  // 5 standard errors: 0.065
                << interval.count() << " ms, " << jitter << " %, seed " << seed;
        }
}

TEST_F(Schedule, AJitterIsUsedByWhoStartsLateToo) {
    for (const auto interval : {300ms, 400ms, 500ms, 1000ms, 1600ms, 2000ms, 2080ms, 30000ms}) {
        const auto most = interval * 5 / 100;
        const auto took = periods(starts({interval, interval, 5}, 1000, most / 10, random));
        const double shorter =
            count_if(took, [&](auto period) { return period < interval - most / 4; });
        const double longer =
            count_if(took, [&](auto period) { return period > interval + most / 4; });
        EXPECT_GT(shorter, 250) << interval.count() << " ms, seed " << seed;
        EXPECT_GT(longer, 250) << interval.count() << " ms, seed " << seed;
    }
}

TEST_F(Schedule, AWideJitterIsUsedWhole) {
    auto took = periods(starts({2000ms, 1000ms, 50}, 4000, 0us, random));
    std::sort(took.begin(), took.end());
    EXPECT_LE(took.front(), 1000ms + kFarthest) << "seed " << seed;
    EXPECT_GE(took.back(), 3000ms - kFarthest) << "seed " << seed;
    EXPECT_EQ(std::unique(took.begin(), took.end()) - took.begin(), 12) << "seed " << seed;
}

TEST_F(Schedule, SettledChecksOfOneMomentStartTogether) {
    const std::pair<milliseconds, milliseconds> steps[] = {
        {500ms, 40ms}, {1s, 80ms}, {2s, 160ms}, {10s, 160ms}, {30s, 160ms}};
    for (const auto& [interval, step] : steps) {
        int between = 0;  // so that they are no farther apart
        for (int i = 0; i < 1000; ++i) {
            const auto started = kNow + 1ms * i;
            const auto when = next({interval, interval, 5}, kFew, started, false, started, random);
            EXPECT_EQ(when.time_since_epoch() % step, 0ms);
            between += when.time_since_epoch() % (2 * step) != 0ms;
        }
        EXPECT_NEAR(between, 500, 160) << interval.count() << " ms, seed " << seed;
    }
}

TEST_F(Schedule, ManyHaveMoreMomentsToMeet) {
    const std::pair<std::size_t, double> moments[] = {{1, 26},     {1250, 26},    {2500, 53},
                                                      {5000, 106}, {10'000, 211}, {100'000, 211}};
    for (const auto& [checks, expected] : moments) {
        std::set<Time> found;
        for (int i = 0; i < 8000; ++i) {
            const auto started = kNow + 500us * i;
            found.insert(next(kRhythm, checks, started, false, started, random));
        }
        EXPECT_NEAR(static_cast<double>(found.size()), expected, 2) << checks;  // in 4.2 s
    }
}

TEST_F(Schedule, AJitterWithoutRoomForThatIsKeptExactly) {
    const Rhythm narrow{100ms, 50ms, 5};
    int alone = 0;
    for (int i = 0; i < 1000; ++i) {
        const auto when = next(narrow, kFew, kNow, false, kNow, random);
        alone += when.time_since_epoch() % kClosest != 0ms;
        EXPECT_GE(when, kNow + 95ms);
        EXPECT_LE(when, kNow + 105ms);
    }
    EXPECT_GT(alone, 900) << "seed " << seed;
}

TEST_F(Schedule, ACheckInDoubtComesAfterItsFastIntervalExactly) {
    for (int i = 0; i < 100; ++i)
        EXPECT_EQ(next(kRhythm, kFew, kNow, true, kNow + 100ms, random), kNow + 500ms);
}

TEST_F(Schedule, PeriodsCountFromStartToStart) {
    const Rhythm exact{2000ms, 500ms, 0};
    EXPECT_EQ(next(exact, kFew, kNow, false, kNow + 400ms, random), kNow + 2000ms);
}

TEST_F(Schedule, NothingIsDueInThePast) {
    EXPECT_EQ(next(kRhythm, kFew, kNow, true, kNow + 10s, random), kNow + 10s);
    EXPECT_EQ(next(kRhythm, kFew, kNow, false, kNow + 10s, random), kNow + 10s);
}

TEST_F(Schedule, AStartIsScatteredOverOneInterval) {
    std::array<int, 4> quarters{};
    for (int i = 0; i < 4000; ++i) {
        const auto after = scattered(kRhythm, kNow, random) - kNow;
        ASSERT_GE(after, 0s);
        ASSERT_LE(after, 2s);
        ++quarters.at(static_cast<std::size_t>(std::min<std::int64_t>(after / 500ms, 3)));
    }
    for (const int quarter : quarters)
        EXPECT_NEAR(quarter, 1000, 150) << "seed " << seed;  // 5 standard deviations: 137
}

/// INV-21.
TEST_F(Schedule, ManyAtOnceStartOneAfterTheOtherAtTheNodesRate) {
    EXPECT_EQ(in_turn(0, 5000, kNow), kNow);
    EXPECT_EQ(in_turn(1, 5000, kNow), kNow + 200us);
    EXPECT_EQ(in_turn(5000, 5000, kNow), kNow + 1s);
}

TEST_F(Schedule, OneSeedGivesOneSchedule) {
    Random first{7};
    Random second{7};
    for (int i = 0; i < 100; ++i)
        EXPECT_EQ(next(kRhythm, kFew, kNow, false, kNow, first),
                  next(kRhythm, kFew, kNow, false, kNow, second));
}

}  // namespace
}  // namespace lb::health
