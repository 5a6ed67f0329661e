// SPDX-License-Identifier: Apache-2.0
#include "health/schedule.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace lb::health {
namespace {

using namespace std::chrono_literals;

const Time kNow{1000s};
constexpr Rhythm kRhythm{2000ms, 500ms, 5};

class Schedule : public testing::Test {
protected:
    Schedule() { RecordProperty("seed", std::to_string(seed)); }
    const std::uint64_t seed = std::random_device{}();
    Random random{seed};
};

TEST_F(Schedule, ASettledCheckComesAfterItsIntervalPlusOrMinusItsJitter) {
    auto earliest = Time::max();
    auto latest = Time::min();
    for (int i = 0; i < 10000; ++i) {
        const auto when = next(kRhythm, kNow, false, kNow, random);
        earliest = std::min(earliest, when);
        latest = std::max(latest, when);
    }
    EXPECT_GE(earliest, kNow + 1900ms) << "seed " << seed;
    EXPECT_LE(latest, kNow + 2100ms) << "seed " << seed;
    EXPECT_LE(earliest, kNow + 1900ms + kFarthest) << "seed " << seed;
    EXPECT_GE(latest, kNow + 2100ms - kFarthest) << "seed " << seed;
}

TEST_F(Schedule, SettledChecksOfOneMomentStartTogether) {
    for (int i = 0; i < 1000; ++i) {
        const auto started = kNow + 1ms * i + 345us;
        const auto when = next(kRhythm, started, false, started, random);
        EXPECT_EQ(when.time_since_epoch() % kTogether, 0ms);
        EXPECT_GE(when, started + 1900ms);
        EXPECT_LE(when, started + 2100ms);
    }
}

TEST_F(Schedule, AboutOneInTwentyFiveOfTheSettledChecksStartsAtOnce) {
    const std::pair<milliseconds, milliseconds> steps[] = {
        {400ms, 20ms}, {1s, 40ms}, {2s, 80ms}, {4s, 80ms}, {30s, 80ms}};
    for (const auto& [interval, step] : steps) {
        int between = 0;  // so that they are no farther apart
        for (int i = 0; i < 1000; ++i) {
            const auto started = kNow + 1ms * i;
            const auto when = next({interval, interval, 5}, started, false, started, random);
            EXPECT_EQ(when.time_since_epoch() % step, 0ms);
            EXPECT_GE(when, started + interval * 95 / 100);
            EXPECT_LE(when, started + interval * 105 / 100);
            between += when.time_since_epoch() % (2 * step) != 0ms;
        }
        EXPECT_NEAR(between, 500, 120) << interval.count() << " ms, seed " << seed;
    }
}

TEST_F(Schedule, AJitterWithoutRoomForThatIsKeptExactly) {
    const Rhythm narrow{100ms, 50ms, 5};
    int alone = 0;
    for (int i = 0; i < 1000; ++i) {
        const auto when = next(narrow, kNow, false, kNow, random);
        alone += when.time_since_epoch() % kTogether != 0ms;
        EXPECT_GE(when, kNow + 95ms);
        EXPECT_LE(when, kNow + 105ms);
    }
    EXPECT_GT(alone, 900) << "seed " << seed;
}

TEST_F(Schedule, ACheckInDoubtComesAfterItsFastIntervalExactly) {
    for (int i = 0; i < 100; ++i)
        EXPECT_EQ(next(kRhythm, kNow, true, kNow + 100ms, random), kNow + 500ms);
}

TEST_F(Schedule, PeriodsCountFromStartToStart) {
    const Rhythm exact{2000ms, 500ms, 0};
    EXPECT_EQ(next(exact, kNow, false, kNow + 400ms, random), kNow + 2000ms);
}

TEST_F(Schedule, NothingIsDueInThePast) {
    EXPECT_EQ(next(kRhythm, kNow, true, kNow + 10s, random), kNow + 10s);
    EXPECT_EQ(next(kRhythm, kNow, false, kNow + 10s, random), kNow + 10s);
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
        EXPECT_EQ(next(kRhythm, kNow, false, kNow, first),
                  next(kRhythm, kNow, false, kNow, second));
}

}  // namespace
}  // namespace lb::health
