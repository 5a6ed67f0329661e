// SPDX-License-Identifier: Apache-2.0
#include "events/refusals.hpp"

#include <gtest/gtest.h>

namespace lb::events {
namespace {

Event refused(const std::string& reason) {
    Event event;
    event.kind = "config.refuse";
    event.reason = reason;
    return event;
}

TEST(Refusals, TheFirstIsToldAtOnceAndTheOthersInOneLine) {
    Loop loop;
    std::vector<std::string> told, in_words;
    Refusals refusals{loop, [&](const Event& event, const std::string& words) {
                          told.push_back(event.reason);
                          in_words.push_back(words);
                      }};
    refusals.note(refused("LB701"), "apply refused: LB701 web");
    EXPECT_EQ(in_words, std::vector<std::string>{"apply refused: LB701 web"});
    for (int i = 0; i < 3; ++i)
        refusals.note(refused("LB701"), "apply refused: LB701 web");
    EXPECT_EQ(told.size(), 1U);
    refusals.sum_up();
    ASSERT_EQ(told.size(), 2U);
    EXPECT_EQ(told[1], "LB701 (the same 3 times more within a minute)");
    EXPECT_EQ(in_words[1], "apply refused: " + told[1]);
}

TEST(Refusals, NothingIsSummedUpThatDidNotComeAgain) {
    Loop loop;
    int told = 0;
    Refusals refusals{loop, [&](const Event&, const std::string&) { ++told; }};
    refusals.note(refused("LB701"), "");
    refusals.sum_up();
    EXPECT_EQ(told, 1);
}

}  // namespace
}  // namespace lb::events
