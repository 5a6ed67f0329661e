// SPDX-License-Identifier: Apache-2.0
#include "events/repeats.hpp"

#include <gtest/gtest.h>

namespace lb::events {
namespace {

Event refusal(const std::string& reason, unsigned uid = 1000) {
    Event event;
    event.kind = "config.refuse";
    event.cause = "config";
    event.actor = Actor{uid};
    event.reason = reason;
    return event;
}

TEST(Repeats, TellTheFirstAndCountTheOthers) {
    Repeats repeats;
    EXPECT_TRUE(repeats.empty());
    EXPECT_TRUE(repeats.is_new(refusal("LB701")));
    auto again = refusal("LB701");
    again.seq = 7;
    again.at = WallTime{std::chrono::seconds{9}};
    EXPECT_FALSE(repeats.is_new(again));
    EXPECT_FALSE(repeats.is_new(refusal("LB701")));
    EXPECT_TRUE(repeats.is_new(refusal("LB704")));
    EXPECT_TRUE(repeats.is_new(refusal("LB701", 1001))) << "somebody else";
    const auto sum = repeats.sum();
    ASSERT_EQ(sum.size(), 1U);
    EXPECT_EQ(sum[0].reason, "LB701 (the same 2 times more within a minute)");
    EXPECT_EQ(sum[0].actor->uid, 1000U);
    EXPECT_EQ(sum[0].at, WallTime{}) << "it has a time of its own";
}

TEST(Repeats, OfEachMinuteAreToldOnce) {
    Repeats repeats;
    EXPECT_TRUE(repeats.is_new(refusal("LB701")));
    for (int minute = 0; minute < 3; ++minute) {
        for (int i = 0; i < 60; ++i)
            EXPECT_FALSE(repeats.is_new(refusal("LB701")));
        ASSERT_EQ(repeats.sum().size(), 1U) << minute;
    }
    EXPECT_TRUE(repeats.sum().empty()) << "it came no more";
    EXPECT_TRUE(repeats.empty());
    EXPECT_TRUE(repeats.is_new(refusal("LB701")));
}

TEST(Repeats, OfWhoSaysTooManyDifferentThingsAreAllTold) {
    Repeats repeats;
    for (int i = 0; i < 1000; ++i)
        EXPECT_TRUE(repeats.is_new(refusal(std::to_string(i))));
    EXPECT_TRUE(repeats.is_new(refusal("999")));
    EXPECT_FALSE(repeats.is_new(refusal("15")));
}

}  // namespace
}  // namespace lb::events
