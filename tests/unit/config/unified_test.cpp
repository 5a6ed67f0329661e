// SPDX-License-Identifier: Apache-2.0
#include "config/unified.hpp"

#include <cstdio>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace lb::config {
namespace {

/// Lines 1 to 20, but for those that are named.
std::string twenty(const std::vector<std::pair<int, std::string>>& others) {
    std::string text;
    for (int i = 1; i <= 20; ++i) {
        auto line = std::to_string(i) + "\n";
        for (const auto& [number, other] : others)
            if (number == i) line = other;
        text += line;
    }
    return text;
}

std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> lines;
    std::size_t begin = 0;
    for (auto end = text.find('\n'); end != text.npos; end = text.find('\n', begin)) {
        lines.push_back(text.substr(begin, end - begin));
        begin = end + 1;
    }
    return lines;
}

/// What a patch makes of `before`; a line that is not where it says fails the test.
std::string patched(const std::string& before, const std::string& patch) {
    const auto old = split(before);
    std::string text;
    std::size_t done = 0;
    for (const auto& line : split(patch)) {
        std::size_t from = 0, count = 0;
        if (std::sscanf(line.c_str(), "@@ -%zu,%zu", &from, &count) == 2) {
            for (from -= count > 0; done < from; ++done)
                text += old.at(done) + "\n";
            continue;
        }
        if (line[0] != '+') {
            EXPECT_EQ(line.substr(1), old.at(done++)) << patch;
        }
        if (line[0] != '-') text += line.substr(1) + "\n";
    }
    for (; done < old.size(); ++done)
        text += old[done] + "\n";
    return text;
}

TEST(Unified, SaysNothingAboutEqualTexts) {
    EXPECT_EQ(unified("", ""), "");
    EXPECT_EQ(unified(twenty({}), twenty({})), "");
}

TEST(Unified, ShowsThreeLinesAroundAChange) {
    EXPECT_EQ(unified(twenty({}), twenty({{10, "ten\n"}})),
              "@@ -7,7 +7,7 @@\n 7\n 8\n 9\n-10\n+ten\n 11\n 12\n 13\n");
    EXPECT_EQ(unified(twenty({}), twenty({{1, ""}})), "@@ -1,4 +1,3 @@\n-1\n 2\n 3\n 4\n");
    EXPECT_EQ(unified(twenty({}), twenty({{20, "20\n21\n"}})),
              "@@ -18,3 +18,4 @@\n 18\n 19\n 20\n+21\n");
}

TEST(Unified, JoinsChangesThatShareTheirSurroundings) {
    const auto near = unified(twenty({}), twenty({{5, "five\n"}, {12, "twelve\n"}}));
    EXPECT_EQ(near.find("@@ -2,14 +2,14 @@\n"), 0u) << near;
    EXPECT_EQ(near.rfind("@@ -"), 0u) << near;
    const auto far = unified(twenty({}), twenty({{5, ""}, {13, "thirteen\n"}}));
    EXPECT_EQ(far.find("@@ -2,7 +2,6 @@\n"), 0u) << far;
    EXPECT_NE(far.find("@@ -10,7 +9,7 @@\n"), far.npos) << far;
}

TEST(Unified, ShowsATextThatComesOrGoes) {
    EXPECT_EQ(unified("", "a\nb\n"), "@@ -0,0 +1,2 @@\n+a\n+b\n");
    EXPECT_EQ(unified("a\nb\n", ""), "@@ -1,2 +0,0 @@\n-a\n-b\n");
}

TEST(Unified, FindsTheFewestEdits) {
    // The example of the paper: 5 edits.
    const auto patch = unified("a\nb\nc\na\nb\nb\na\n", "c\nb\na\nb\na\nc\n");
    int edits = 0;
    for (const auto& line : split(patch))
        edits += line[0] == '-' || line[0] == '+';
    EXPECT_EQ(edits, 5) << patch;
}

TEST(Unified, MakesTheOneOfTheOther) {
    std::mt19937 dice{20240715};
    const auto text = [&] {
        std::string lines;
        for (auto count = dice() % 40; count > 0; --count)
            lines += std::string(1, static_cast<char>('a' + dice() % 5)) + "\n";
        return lines;
    };
    for (int round = 0; round < 2000; ++round) {
        const auto before = text(), after = text();
        ASSERT_EQ(patched(before, unified(before, after)), after) << "round " << round << " of\n"
                                                                  << before << "--\n"
                                                                  << after;
    }
}

TEST(Unified, ReplacesAllWhereHardlyAnythingStayed) {
    std::string before, after;
    for (int i = 0; i < 3000; ++i) {
        before += "a" + std::to_string(i) + "\n";
        after += "b" + std::to_string(i) + "\n";
    }
    EXPECT_EQ(patched(before, unified(before, after)), after);
}

}  // namespace
}  // namespace lb::config
