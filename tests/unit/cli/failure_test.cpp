// SPDX-License-Identifier: Apache-2.0
#include "cli/failure.hpp"

#include <gtest/gtest.h>

namespace lb::cli {
namespace {

using Kind = Refusal::Kind;

TEST(ExitCode, IsTheDocumentedOneForEveryKindOfRefusal) {
    const auto code = [](Kind kind) {
        return static_cast<int>(failure_of({kind, "", {}}, "", "").exit);
    };
    EXPECT_EQ(code(Kind::invalid), 2);
    EXPECT_EQ(code(Kind::unknown), 4);
    EXPECT_EQ(code(Kind::refused), 5);
    EXPECT_EQ(code(Kind::failed), 6);
    EXPECT_EQ(code(Kind::permission), 7);
    EXPECT_EQ(code(Kind::busy), 5);
}

TEST(Failure, NamesTheNextCommand) {
    EXPECT_EQ(failure_of({Kind::permission, "only root", {}}, "drain web/web-1", "").what,
              "only root (try: sudo lbctl drain web/web-1)");
    EXPECT_EQ(failure_of({Kind::failed, "map full", {}}, "", "").what,
              "map full (see: journalctl -u lbd)");
}

TEST(Failure, ListsEveryFinding) {
    const Findings findings{{"LB001", Severity::error, {3, 5}, "pool \"web\"", "no check", "add"},
                            {"LB304", Severity::warning, {9, 1}, "", "odd", ""}};
    EXPECT_EQ(failure_of({Kind::invalid, "no", findings}, "", "lbd.yaml").details,
              "lbd.yaml:3:5: error LB001 pool \"web\": no check. fix: add\n"
              "lbd.yaml:9:1: warning LB304 odd\n");
}

}  // namespace
}  // namespace lb::cli
