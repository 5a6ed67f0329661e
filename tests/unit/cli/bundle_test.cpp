// SPDX-License-Identifier: Apache-2.0
#include "cli/bundle.hpp"

#include <gtest/gtest.h>

namespace lb::cli {
namespace {

TEST(Bundle, MasksWhatLooksLikeASeedWhereverItStands) {
    const std::string seed = "0123456789abcdefABCDEF0123456789";
    EXPECT_EQ(masked("seed: \"" + seed + "\""), "seed: \"masked\"");
    EXPECT_EQ(masked(seed), "masked");
    EXPECT_EQ(masked("x " + seed + "\n" + seed), "x masked\nmasked");
}

TEST(Bundle, LeavesWhatIsLongerOrShorter) {
    const std::string digest(64, 'a'), hash = "0123456789ab", table(16, 'f');
    EXPECT_EQ(masked(digest), digest);
    EXPECT_EQ(masked(hash + " " + table), hash + " " + table);
    EXPECT_EQ(masked("web/backend-1"), "web/backend-1");
    EXPECT_EQ(masked(""), "");
}

TEST(Bundle, RepeatsNoLineOfAConfigurationFromTheJournal) {
    const std::string head = "2026-11-30T20:00:00.123456+0000 lb1 lbctl[42]: ";
    EXPECT_EQ(without_excerpts(head + "f:9:3: error LB101 unknown key \"sned\"\n" + head +
                               "        sned: \"AUTH hunter2\"\n" + head + "        ^\n" + head +
                               "2 ^ 3\n"),
              head + "f:9:3: error LB101 unknown key \"sned\"\n" + head + "2 ^ 3\n");
    EXPECT_EQ(without_excerpts(": ^\n^\n"), "^\n");
    EXPECT_EQ(without_excerpts(""), "");
}

TEST(Bundle, ListsWhatIsThereAndWhyTheRestIsNot) {
    EXPECT_EQ(list_of({{"a.txt", "text"}, {"b.txt", "", "no\nrights"}}, "head"),
              "head\n\na.txt\nb.txt  MISSING: no?rights\n");
}

}  // namespace
}  // namespace lb::cli
