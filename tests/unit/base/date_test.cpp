// SPDX-License-Identifier: Apache-2.0
#include "base/date.hpp"

#include <gtest/gtest.h>

namespace lb {
namespace {

using std::chrono::days;

TEST(Date, ComesBackAsItWas) {
    for (const auto* text : {"1970-01-01", "2024-02-29", "2026-12-31", "9999-12-31"}) {
        const auto date = parse_date(text);
        ASSERT_TRUE(date) << text;
        EXPECT_EQ(print_date(*date), text);
    }
}

TEST(Date, IsADayThatExists) {
    for (const auto* text :
         {"", "2026", "2026-12", "2026-13-01", "2026-00-01", "2026-02-30", "2025-02-29", "2026-1-1",
          "26-12-31", "2026/12/31", "2026-12-31 ", " 026-12-31", "-026-12-31", "2026-+2-31",
          "2026--2-31", "1969-12-31", "tomorrow"})
        EXPECT_FALSE(parse_date(text)) << text;
}

TEST(Date, CanBeCountedOn) {
    EXPECT_EQ(*parse_date("2026-12-31") + days{1}, *parse_date("2027-01-01"));
    EXPECT_LT(*parse_date("2026-12-31"), *parse_date("2027-01-01"));
}

TEST(Date, OfATimeIsTheDayInUtc) {
    using namespace std::chrono_literals;
    const auto day = *parse_date("2026-07-01");
    EXPECT_EQ(day_of(std::chrono::system_clock::time_point{day}), day);
    EXPECT_EQ(day_of(std::chrono::system_clock::time_point{day} + 24h - 1ms), day);
}

}  // namespace
}  // namespace lb
