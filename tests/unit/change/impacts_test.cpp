// SPDX-License-Identifier: Apache-2.0
#include "change/impacts.hpp"

#include <gtest/gtest.h>

namespace lb::change {
namespace {

using namespace std::chrono_literals;

constexpr Time kPublished = Time{} + 1h;

Measure with(int healthy) {
    Measure measure;
    measure.healthy = healthy;
    return measure;
}

/// Generation 7, before which six were healthy.
struct Measured {
    Impacts impacts;

    Measured() { impacts.expect(7, with(6), kPublished); }
    /// How often it is measured a second time.
    std::vector<Impacts::Record> look(Time now) {
        return impacts.look([] { return with(4); }, now);
    }
};

TEST(Impacts, AreMeasuredWhenTheWindowEndsAndFiveMinutesAfterThePublication) {
    Measured its;
    const auto first = its.impacts.end_window(7, with(5), kPublished + 30s);
    ASSERT_TRUE(first);
    EXPECT_STREQ(first->when, "at the end of its verify window");
    EXPECT_EQ(first->impact.before.healthy, 6);
    EXPECT_EQ(first->impact.during->healthy, 5);
    EXPECT_FALSE(first->impact.after);
    EXPECT_TRUE(its.look(kPublished + 5min - 1s).empty());
    const auto second = its.look(kPublished + 5min);
    ASSERT_EQ(second.size(), 1u);
    EXPECT_STREQ(second[0].when, "five minutes after its publication");
    EXPECT_EQ(second[0].impact.during->healthy, 5);
    EXPECT_EQ(second[0].impact.after->healthy, 4);
    EXPECT_TRUE(its.look(kPublished + 1h).empty()) << "once";
}

TEST(Impacts, OfAWindowAreToldOnce) {
    Measured its;
    EXPECT_FALSE(its.impacts.end_window(8, with(5), kPublished + 30s)) << "nobody knows it";
    EXPECT_TRUE(its.impacts.end_window(7, with(5), kPublished + 30s));
    EXPECT_FALSE(its.impacts.end_window(7, with(0), kPublished + 1min));
}

TEST(Impacts, WaitForTheEndOfALongWindowAndForFiveMinutesMore) {
    Measured its;
    EXPECT_TRUE(its.look(kPublished + 6min).empty()) << "it is not over";
    ASSERT_TRUE(its.impacts.end_window(7, with(5), kPublished + 10min));
    EXPECT_TRUE(its.look(kPublished + 15min - 1s).empty());
    const auto second = its.look(kPublished + 15min);
    ASSERT_EQ(second.size(), 1u);
    EXPECT_STREQ(second[0].when, "five minutes after its verify window");
}

TEST(Impacts, OfAGenerationThatIsTakenBackInItsWindowAreMeasuredThen) {
    Measured its;
    const auto first = its.impacts.take_back(7, with(2), "R2 it fell", kPublished + 3s);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->now.healthy, 2);
    EXPECT_EQ(first->impact.undone, "R2 it fell");
    EXPECT_FALSE(its.impacts.end_window(7, with(0), kPublished + 30s)) << "that was its end";
    EXPECT_EQ(its.look(kPublished + 5min).at(0).impact.undone, "R2 it fell");
}

TEST(Impacts, KeepWhyAGenerationWasTakenBackAfterItsWindow) {
    Measured its;
    ASSERT_TRUE(its.impacts.end_window(7, with(5), kPublished + 30s));
    EXPECT_FALSE(its.impacts.take_back(7, with(2), "nobody confirmed it", kPublished + 2min));
    const auto second = its.look(kPublished + 5min);
    ASSERT_EQ(second.size(), 1u);
    EXPECT_EQ(second[0].impact.undone, "nobody confirmed it");
    EXPECT_EQ(second[0].impact.during->healthy, 5) << "its window was what it was";
}

/// From generation 7 to 8.
struct WayBack : Measured {
    WayBack() {
        impacts.take_back(7, with(2), "R2 it fell", kPublished + 3s);
        impacts.expect_way_back(8, with(2), 30s, kPublished + 3s);
    }
};

TEST(Impacts, OfAWayBackAreMeasuredWhenAWindowHasPassedThoughNobodyWatchesIt) {
    WayBack its;
    EXPECT_TRUE(its.look(kPublished + 33s - 1ms).empty());
    const auto first = its.look(kPublished + 33s);
    ASSERT_EQ(first.size(), 1u);
    EXPECT_STREQ(first[0].when, "a verify window after its publication");
    EXPECT_EQ(first[0].impact.generation, 8u);
    EXPECT_EQ(first[0].impact.before.healthy, 2);
    EXPECT_EQ(first[0].impact.during->healthy, 4);
    EXPECT_EQ(its.look(kPublished + 5min).size(), 1u) << "of 7";
    const auto second = its.look(kPublished + 5min + 3s);
    ASSERT_EQ(second.size(), 1u);
    EXPECT_STREQ(second[0].when, "five minutes after its publication");
    EXPECT_EQ(second[0].impact.after->healthy, 4);
}

TEST(Impacts, OfAWayBackAreMeasuredWhenAnotherGenerationFollowsItSooner) {
    WayBack its;
    const auto first = its.impacts.follow(8, with(3), kPublished + 10s);
    ASSERT_TRUE(first);
    EXPECT_STREQ(first->when, "when another generation followed");
    EXPECT_EQ(first->impact.during->healthy, 3);
    EXPECT_TRUE(its.look(kPublished + 33s).empty()) << "once";
    EXPECT_FALSE(its.impacts.follow(8, with(0), kPublished + 40s));
}

TEST(Impacts, OfAWayBackThatIsTakenBackItselfAreMeasuredThen) {
    WayBack its;
    const auto first = its.impacts.take_back(8, with(3), "a mistake", kPublished + 10s);
    ASSERT_TRUE(first);
    EXPECT_EQ(first->impact.undone, "a mistake");
    EXPECT_TRUE(its.look(kPublished + 33s).empty()) << "once";
}

TEST(Impacts, OfAWatchedGenerationEndWithItsWindowAlone) {
    Measured its;
    EXPECT_FALSE(its.impacts.follow(7, with(0), kPublished + 10s));
    EXPECT_TRUE(its.look(kPublished + 1min).empty());
}

TEST(Impacts, GoOnAfterARestart) {
    const auto due = [](milliseconds window, milliseconds age) {
        Impacts impacts;
        impacts.resume({7, with(6), with(5), {}, {}}, window, age, kPublished);
        for (auto later = 0s; later <= 20min; later += 1s)
            if (!impacts.look([] { return with(4); }, kPublished + later).empty()) return later;
        return -1s;
    };
    EXPECT_EQ(due(30s, 1min), 4min);
    EXPECT_EQ(due(299s, 299s), 1s);
    EXPECT_EQ(due(10min, 11min), 4min) << "its window was a long one";
    EXPECT_EQ(due(30s, 5min), -1s) << "too late";
    EXPECT_EQ(due(30s, -1s), -1s) << "a clock that was set";
}

TEST(Impacts, ThatWereMeasuredTwiceAreNotMeasuredAfterARestart) {
    Impacts impacts;
    impacts.resume({7, with(6), with(5), with(4), {}}, 30s, 1min, kPublished);
    EXPECT_TRUE(impacts.look([] { return with(3); }, kPublished + 1h).empty());
}

}  // namespace
}  // namespace lb::change
