// SPDX-License-Identifier: Apache-2.0
#include "checklist/format.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lb::checklist {
namespace {

Finding at(int line, int column) {
    return {"LB101",     Severity::error,     {line, column},
            "vip \"a\"", "unknown key \"x\"", "remove it"};
}

TEST(Format, ShowsTheLineAndACaret) {
    EXPECT_EQ(as_text({at(2, 3)}, "lbd.yaml", "a:\n  x: 1\n"),
              "lbd.yaml:2:3: error LB101 vip \"a\": unknown key \"x\". fix: remove it\n"
              "      x: 1\n"
              "      ^\n");
}

TEST(Format, ShowsNoLineThatHoldsASeed) {
    EXPECT_THAT(as_text({at(1, 1)}, "f", "seed: \"deadbeef\"\n"),
                ::testing::Not(::testing::HasSubstr("dead")));
}

TEST(Format, ShowsNothingThatMovesATerminal) {
    EXPECT_THAT(as_text({at(1, 1)}, "f", "a: \x1b[2J\n"),
                ::testing::Not(::testing::HasSubstr("\x1b")));
    EXPECT_THAT(as_text({at(1, 1)}, "f", "a: \xc2\x9b\n"),
                ::testing::Not(::testing::HasSubstr("\xc2")));
}

TEST(Format, IsContentWithPlacesThatAreNotInTheSource) {
    for (const auto where :
         {Where{0, 0}, Where{0, 1}, Where{9, 1}, Where{1, 99}, Where{-1, -1}, Where{1, 0}})
        EXPECT_EQ(as_text({at(where.line, where.column)}, "f", "a: 1\n"),
                  print(at(where.line, where.column), "f") + "\n");
    EXPECT_EQ(as_text({}, "f", "a: 1\n"), "");
}

TEST(Format, PrintsJson) {
    EXPECT_THAT(
        as_json({at(2, 3)}, "lbd.yaml"),
        ::testing::AllOf(::testing::HasSubstr("\"LB101\""), ::testing::HasSubstr("lbd.yaml")));
}

}  // namespace
}  // namespace lb::checklist
