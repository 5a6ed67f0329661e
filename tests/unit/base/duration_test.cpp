// SPDX-License-Identifier: Apache-2.0
#include "base/duration.hpp"

#include <random>

#include <gtest/gtest.h>

namespace lb {
namespace {

TEST(Duration, IsANumberAndAUnit) {
    EXPECT_EQ(parse_duration("500ms"), milliseconds{500});
    EXPECT_EQ(parse_duration("2s"), milliseconds{2000});
    EXPECT_EQ(parse_duration("5m"), milliseconds{300'000});
    EXPECT_EQ(parse_duration("24h"), milliseconds{86'400'000});
    EXPECT_EQ(parse_duration("0s"), milliseconds{0});
}

TEST(Duration, IsNothingElse) {
    for (const auto* text : {"", "2", "s", "-1s", "+1s", " 1s", "1s ", "1 s", "1.5s", "1S", "1sec",
                             "1d", "1s1s", "0x1s", "99999999999999999999s"})
        EXPECT_FALSE(parse_duration(text)) << text;
}

TEST(Duration, IsAtMostAYear) {
    EXPECT_TRUE(parse_duration("8784h"));
    EXPECT_FALSE(parse_duration("8785h"));
    EXPECT_FALSE(parse_duration("9223372036854775807h"));
}

TEST(Duration, PrintsTheShortestExactText) {
    EXPECT_EQ(print_duration(milliseconds{0}), "0s");
    EXPECT_EQ(print_duration(milliseconds{1}), "1ms");
    EXPECT_EQ(print_duration(milliseconds{1500}), "1500ms");
    EXPECT_EQ(print_duration(milliseconds{2000}), "2s");
    EXPECT_EQ(print_duration(milliseconds{90'000}), "90s");
    EXPECT_EQ(print_duration(milliseconds{300'000}), "5m");
    EXPECT_EQ(print_duration(milliseconds{7'200'000}), "2h");
}

TEST(Duration, IsReadBackAsPrinted) {
    const auto seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random{seed};
    for (int i = 0; i < 1000; ++i) {
        const milliseconds duration{random() % 100'000'000};
        EXPECT_EQ(parse_duration(print_duration(duration)), duration);
    }
}

}  // namespace
}  // namespace lb
