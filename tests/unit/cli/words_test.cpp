// SPDX-License-Identifier: Apache-2.0
#include "cli/words.hpp"

#include <gtest/gtest.h>

namespace lb::cli {
namespace {

using namespace std::chrono_literals;

TEST(ShortNumber, KeepsThreeDigits) {
    EXPECT_EQ(short_number(0), "0");
    EXPECT_EQ(short_number(999), "999");
    EXPECT_EQ(short_number(1000), "1.00k");
    EXPECT_EQ(short_number(9994), "9.99k");
    EXPECT_EQ(short_number(9995), "10.0k");
    EXPECT_EQ(short_number(99'949), "99.9k");
    EXPECT_EQ(short_number(99'950), "100k");
    EXPECT_EQ(short_number(999'499), "999k");
    EXPECT_EQ(short_number(999'500), "1.00M");
    EXPECT_EQ(short_number(18'446'744'073'709'551'615U), "18.4E");
}

TEST(Age, UsesTheUnitThatLeavesTwo) {
    const WallTime then{1000s};
    EXPECT_EQ(age(then, then), "0s");
    EXPECT_EQ(age(then, then + 119s), "119s");
    EXPECT_EQ(age(then, then + 120s), "2m");
    EXPECT_EQ(age(then, then + 119min), "119m");
    EXPECT_EQ(age(then, then + 2h), "2h");
    EXPECT_EQ(age(then, then + 48h), "2d");
}

TEST(Age, IsZeroWhenTheClockWentBack) {
    EXPECT_EQ(age(WallTime{1000s}, WallTime{10s}), "0s");
}

TEST(Age, IsADashForNever) {
    EXPECT_EQ(age(WallTime{}, WallTime{1000s}), "-");
    EXPECT_EQ(full_time(WallTime{}), "-");
}

TEST(FullTime, IsUtc) {
    EXPECT_EQ(full_time(WallTime{1'782'900'000s}), "2026-07-01 10:00:00 UTC");
}

TEST(Bar, ShowsAShareInMarks) {
    EXPECT_EQ(bar(0, 4), "....");
    EXPECT_EQ(bar(0.5, 4), "##..");
    EXPECT_EQ(bar(1, 4), "####");
    EXPECT_EQ(bar(7, 4), "####");
    EXPECT_EQ(bar(0.001, 4), "#...") << "a little is not nothing";
}

TEST(Percent, HasOneDecimal) {
    EXPECT_EQ(percent(0), "  0.0%");
    EXPECT_EQ(percent(1.0 / 3), " 33.3%");
    EXPECT_EQ(percent(1), "100.0%");
}

TEST(ParseBackend, TakesPoolAndBackend) {
    EXPECT_EQ(parse_backend("web/web-1"), (BackendId{"web", "web-1"}));
    EXPECT_EQ(parse_backend("a.b_c-9/0"), (BackendId{"a.b_c-9", "0"}));
}

TEST(ParseBackend, TakesNothingElse) {
    for (const char* text : {"", "/", "web", "web/", "/web-1", "a/b/c", "web/Web-1", "web/../x",
                             "web/a b", "web/a%2f", "web/a?x=1"})
        EXPECT_EQ(parse_backend(text), std::nullopt) << text;
    EXPECT_TRUE(is_name(std::string(63, 'a')));
    EXPECT_FALSE(is_name(std::string(64, 'a')));
}

TEST(DidYouMean, NamesTheNearest) {
    EXPECT_EQ(did_you_mean("stauts", {"check", "status"}), "; did you mean \"status\"?");
    EXPECT_EQ(did_you_mean("web/web1", {"web/web-1", "dns/ns-1"}), "; did you mean \"web/web-1\"?");
    EXPECT_EQ(did_you_mean("xyzzy", {"check", "status"}), "");
}

TEST(Words, ADocumentOnOneLineIsTheSameDocument) {
    EXPECT_EQ(one_line("{\n  \"a\": [\n    1,\n    2\n  ],\n  \"b\": \"x  y\"\n}\n"),
              "{\"a\": [1,2],\"b\": \"x  y\"}\n");
    EXPECT_EQ(one_line(""), "\n");
}

TEST(Words, AnIntervalIsADurationThatIsNotTooShort) {
    EXPECT_EQ(complaint_of_interval("100ms"), "");
    EXPECT_EQ(complaint_of_interval("2s"), "");
    EXPECT_NE(complaint_of_interval("99ms"), "");
    EXPECT_NE(complaint_of_interval("0s"), "");
    EXPECT_NE(complaint_of_interval("true"), "");
}

}  // namespace
}  // namespace lb::cli
