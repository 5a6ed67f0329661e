// SPDX-License-Identifier: Apache-2.0
#include "health/lag.hpp"

#include <thread>

#include <gtest/gtest.h>

#include "unit/health/until.hpp"

namespace lb::health {
namespace {

using namespace std::chrono_literals;

constexpr auto kStall = 120ms;
constexpr auto kBeat = 20ms;  // as lag.cpp has it

class LagTest : public testing::Test {
protected:
    bool until(const std::function<bool()>& event) { return test::until(loop, event); }
    bool after_beats(int count) {
        return until([this, end = alive + count] { return alive >= end; });
    }

    Loop loop;
    int alive = 0, rests = 0;
    Lag lag{loop, [this] { ++alive; }, [this] { ++rests; }};
};

TEST_F(LagTest, AStallIsSeenByWhoWatches) {
    const auto watcher = lag.watch();
    const auto began = Loop::now();
    loop.post([] { std::this_thread::sleep_for(kStall); });
    ASSERT_TRUE(after_beats(1));
    EXPECT_GE(lag.worst_since(began), kStall - kBeat);
    EXPECT_LT(lag.worst_since(Loop::now()), kStall - kBeat) << "it is over";
}

TEST_F(LagTest, OneThatIsGoingOnIsSeen) {
    const auto watcher = lag.watch();
    std::this_thread::sleep_for(kStall);
    EXPECT_GE(lag.worst_since(Loop::now()), kStall - kBeat);
}

TEST_F(LagTest, ItRestsWhenNobodyWatches) {
    auto one = lag.watch(), another = lag.watch();
    EXPECT_EQ(alive, 1) << "once, with the first";
    one.reset();
    ASSERT_TRUE(after_beats(2)) << "the other one watches";
    EXPECT_EQ(rests, 0);
    another.reset();
    ASSERT_TRUE(until([this] { return rests == 1; }));
    const auto before = alive;
    std::this_thread::sleep_for(kStall);
    int turns = 0;
    until([&] { return ++turns > 5; });
    EXPECT_EQ(alive, before);
    EXPECT_EQ(rests, 1);
}

TEST_F(LagTest, ARestIsNoStall) {
    lag.watch().reset();
    ASSERT_TRUE(until([this] { return rests == 1; }));
    std::this_thread::sleep_for(kStall);
    const auto began = Loop::now();
    const auto watcher = lag.watch();
    EXPECT_EQ(alive, 2);
    ASSERT_TRUE(after_beats(1));
    EXPECT_LT(lag.worst_since(began), kStall - kBeat);
}

}  // namespace
}  // namespace lb::health
