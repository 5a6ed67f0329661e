// SPDX-License-Identifier: Apache-2.0
#include "cli/news.hpp"

#include <gtest/gtest.h>

namespace lb::cli {
namespace {

using namespace std::chrono_literals;

const WallTime kMorning{1'782'900'000s};

Event event(std::uint64_t seq, std::chrono::seconds after) {
    Event its;
    its.seq = seq;
    its.at = kMorning + after;
    return its;
}

std::vector<std::uint64_t> numbers(const std::vector<Event>& events) {
    std::vector<std::uint64_t> all;
    for (const auto& each : events)
        all.push_back(each.seq);
    return all;
}

using Numbers = std::vector<std::uint64_t>;

TEST(News, TellsEachEventOnce) {
    News news{kMorning};
    EXPECT_EQ(numbers(news.of({event(5, 1s), event(6, 2s)})), (Numbers{5, 6}));
    EXPECT_EQ(numbers(news.of({event(5, 1s), event(6, 2s), event(7, 2s)})), Numbers{7});
    EXPECT_EQ(numbers(news.of({})), Numbers{});
}

TEST(News, WhatHappenedBeforeTheBeginningIsNone) {
    News news{kMorning};
    EXPECT_EQ(numbers(news.of({event(4, -1s), event(5, 0s)})), Numbers{5});
}

TEST(News, AnEventWithAnEarlierTimeIsToldIfItsNumberIsNew) {
    News news{kMorning};
    (void)news.of({event(5, 100s)});
    EXPECT_EQ(numbers(news.of({event(5, 100s), event(6, 50s)})), Numbers{6});
}

TEST(News, ALogThatBeganAnewIsNewsToo) {
    News news{kMorning};
    (void)news.of({event(500, 1s)});
    EXPECT_EQ(numbers(news.of({event(1, 5s), event(2, 6s)})), (Numbers{1, 2}));
    EXPECT_EQ(numbers(news.of({event(1, 5s), event(2, 6s)})), Numbers{});
}

TEST(News, AsksBackToTheNewestThatItKnowsAndALittleMore) {
    News news{kMorning};
    EXPECT_EQ(news.window(kMorning + 1500ms), 4s);
    (void)news.of({event(5, 60s)});
    EXPECT_EQ(news.window(kMorning + 61s), 3s);
    EXPECT_EQ(news.window(kMorning), 2s) << "the clock was set back";
}

}  // namespace
}  // namespace lb::cli
