// SPDX-License-Identifier: Apache-2.0
#include "plan/expiries.hpp"

#include <gtest/gtest.h>

namespace lb::plan {
namespace {

using namespace std::chrono_literals;

const BackendId kOne{"web", "one"}, kTwo{"web", "two"};
const WallTime kNoon{1'800'000'000s};
const Time kStart{1000s};

Override drained(milliseconds length, WallTime since = kNoon) {
    return {AdminState::drain, "disk", since, 0, length.count() == 0 ? WallTime{} : since + length};
}

TEST(Expiries, EndAnOverrideWhenItsTimeIsOver) {
    Expiries expiries;
    expiries.follow({{kOne, drained(10min)}, {kTwo, drained(1min)}}, kNoon, kStart);
    EXPECT_EQ(expiries.next(), kStart + 1min);
    EXPECT_TRUE(expiries.over(kStart + 59s).empty());
    EXPECT_EQ(expiries.over(kStart + 1min), std::vector{kTwo});
    EXPECT_EQ(expiries.over(kStart + 10min), (std::vector{kOne, kTwo}));
}

TEST(Expiries, DoNotEndWhatHasNoEnd) {
    Expiries expiries;
    expiries.follow({{kOne, drained(0ms)}}, kNoon, kStart);
    EXPECT_FALSE(expiries.next());
    EXPECT_TRUE(expiries.over(kStart + 10'000h).empty());
}

/// INV-22: another override makes lbd look at all of them, an hour of wall time too late.
TEST(Expiries, DoNotNoticeAStepOfTheWallClock) {
    Expiries expiries;
    expiries.follow({{kOne, drained(10min)}}, kNoon, kStart);
    expiries.follow({{kOne, drained(10min)}, {kTwo, drained(0ms)}}, kNoon + 1h, kStart + 1min);
    EXPECT_EQ(expiries.next(), kStart + 10min);
    expiries.follow({{kOne, drained(10min)}}, kNoon - 1h, kStart + 2min);
    EXPECT_EQ(expiries.next(), kStart + 10min);
}

TEST(Expiries, AfterARestartCountWhatIsLeftByTheWallClock) {
    Expiries expiries;
    expiries.follow({{kOne, drained(10min)}, {kTwo, drained(1min)}}, kNoon + 4min, kStart);
    EXPECT_EQ(expiries.next(), kStart) << "the other one ended while lbd was away";
    EXPECT_EQ(expiries.over(kStart), std::vector{kTwo});
    EXPECT_TRUE(expiries.over(kStart + 6min - 1ms) == std::vector{kTwo});
    EXPECT_EQ(expiries.over(kStart + 6min), (std::vector{kOne, kTwo}));
}

/// A host whose clock starts in 1970 would wait for decades.
TEST(Expiries, AreNeverLaterThanWasAskedFor) {
    Expiries expiries;
    expiries.follow({{kOne, drained(10min)}}, WallTime{}, kStart);
    EXPECT_EQ(expiries.next(), kStart + 10min);
}

TEST(Expiries, BeginAgainWhenAnotherEndIsGiven) {
    Expiries expiries;
    expiries.follow({{kOne, drained(10min)}}, kNoon, kStart);
    expiries.follow({{kOne, drained(10min, kNoon + 5min)}}, kNoon + 5min, kStart + 5min);
    EXPECT_EQ(expiries.next(), kStart + 15min);
}

TEST(Expiries, ForgetWhatIsNotThereAnyMore) {
    Expiries expiries;
    expiries.follow({{kOne, drained(10min)}}, kNoon, kStart);
    expiries.follow({}, kNoon, kStart);
    EXPECT_FALSE(expiries.next());
}

}  // namespace
}  // namespace lb::plan
