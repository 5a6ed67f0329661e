// SPDX-License-Identifier: Apache-2.0
#include "config/encoding.hpp"

#include <gtest/gtest.h>

namespace lb::config {
namespace {

TEST(Encoding, KnowsTheBytesOfUtf8) {
    for (const auto* text :
         {"a", "\xc2\xa0", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"})
        EXPECT_EQ(character_length(text), std::string_view{text}.size()) << shown(text);
    for (const auto* text :
         {"", "\x80", "\xc0\x80", "\xc1\xbf", "\xc2", "\xe0\x9f\xbf", "\xed\xa0\x80",
          "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80", "\xe2\x82", "\xff"})
        EXPECT_EQ(character_length(text), 0u) << shown(text);
}

TEST(Encoding, NamesThePlaceOfTheFirstDefect) {
    EXPECT_FALSE(defect("a\tb\r\n\xc3\xb6\n", 100));
    const auto found = defect("a\n\xc3\xb6\x07", 100);
    ASSERT_TRUE(found);
    EXPECT_EQ(found->where, (Where{2, 2}));
    EXPECT_TRUE(defect("\xc2\x9b", 100)) << "the 8-bit CSI of a terminal";
    EXPECT_TRUE(defect("abc", 2));
}

TEST(Encoding, ShowsNothingThatMovesATerminal) {
    EXPECT_EQ(shown("web"), "\"web\"");
    EXPECT_EQ(shown("a\x1b[2Jb\n"), "\"a\\x1b[2Jb\\x0a\"");
    EXPECT_EQ(shown("\xc2\x9b"), "\"\\xc2\\x9b\"");
    EXPECT_EQ(shown(std::string(100, 'x')), "\"" + std::string(60, 'x') + "...\"");
}

}  // namespace
}  // namespace lb::config
