// SPDX-License-Identifier: Apache-2.0
#include "cli/table.hpp"

#include <gtest/gtest.h>

#include "unit/cli/plain.hpp"

namespace lb::cli {
namespace {

Table fruit() {
    return {{{"NAME"}, {"COUNT", true}, {"NOTE"}},
            {{{"fig"}, {"7"}, {"ripe"}}, {{"pomegranate"}, {"1000"}, {""}}}};
}

TEST(Table, AlignsWordsLeftAndNumbersRight) {
    EXPECT_EQ(print(fruit(), kPlain),
              "NAME         COUNT  NOTE\n"
              "fig              7  ripe\n"
              "pomegranate   1000\n");
}

TEST(Table, HasNoHeaderLineIfNotWanted) {
    EXPECT_EQ(print(fruit(), {false, false}),
              "fig             7  ripe\n"
              "pomegranate  1000\n");
}

TEST(Table, HasSomeColumnsOnlyWhenItIsWide) {
    auto table = fruit();
    table.columns[1].is_extra = true;
    EXPECT_EQ(print(table, kPlain),
              "NAME         NOTE\n"
              "fig          ripe\n"
              "pomegranate\n");
    EXPECT_EQ(print(table, kWide), print(fruit(), kPlain));
}

TEST(Table, ColoursWithoutMovingColumns) {
    auto table = fruit();
    table.rows[0][0].ink = Ink::good;
    EXPECT_EQ(print(table, {true, false}),
              "\x1b[32mfig\x1b[0m             7  ripe\n"
              "pomegranate  1000\n");
}

TEST(Table, CountsCharactersNotBytes) {
    const Table table{{{""}, {""}}, {{{"m\xc3\xbcll"}, {"x"}}, {{"mull"}, {"y"}}}};
    EXPECT_EQ(print(table, {false, false}), "m\xc3\xbcll  x\nmull  y\n");
}

TEST(Table, PrintsNoControlCharacters) {
    const Table table{{{""}}, {{{"a\x1b[2J\nb\x7f"}}}};
    EXPECT_EQ(print(table, {false, false}), "a?[2J?b?\n");
}

TEST(Table, PrintsNoControlCharacterOfTwoBytesEither) {
    EXPECT_EQ(paint("a\xc2\x9b"
                    "2J \xc2\xa0\xc3\x9b",
                    Ink::none, {}),
              "a?2J \xc2\xa0\xc3\x9b");
}

TEST(Cut, CountsCharactersAndNoColours) {
    EXPECT_EQ(cut("abcdef", 3), "abc");
    EXPECT_EQ(cut("abc", 3), "abc");
    EXPECT_EQ(cut("", 3), "");
    EXPECT_EQ(cut("m\xc3\xbcll", 2), "m\xc3\xbc");
    EXPECT_EQ(cut("a\x1b[32mbcd\x1b[0m", 3), "a\x1b[32mbc\x1b[0m");
    EXPECT_EQ(cut("\x1b[32mabc\x1b[0m", 3), "\x1b[32mabc\x1b[0m");
    EXPECT_EQ(cut("abc", 0), "");
}

TEST(Cut, EndsAColourThatNeverEnds) {
    EXPECT_EQ(cut("\x1b[32", 3), "\x1b[32");
    EXPECT_EQ(cut("ab\x1b", 1), "a");
}

}  // namespace
}  // namespace lb::cli
