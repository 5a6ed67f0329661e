// SPDX-License-Identifier: Apache-2.0
#include "health/judge.hpp"

#include <string>

#include <gtest/gtest.h>

namespace lb::health {
namespace {

/// Feeds results written as '+' pass, '-' fail, '?' inconclusive; answers the state after each as
/// 'c' CHECKING, 'u' UP, 'd' DOWN.
std::string states(Judge& judge, const std::string& results) {
    std::string after;
    for (const char c : results) {
        const auto before = judge.state();
        const auto changed = judge.record(c == '+'   ? Outcome::pass
                                          : c == '-' ? Outcome::fail
                                                     : Outcome::inconclusive,
                                          Time{});
        EXPECT_EQ(changed.has_value(), judge.state() != before);
        after += "cud"[static_cast<int>(judge.state())];
    }
    return after;
}

std::string states(HealthState from, const std::string& results) {
    Judge judge{{2, 3}, from};
    return states(judge, results);
}

TEST(Judge, TurnsUpAtTheFirstPassWhenItNeverConcluded) {
    EXPECT_EQ(states(HealthState::checking, "+"), "u");
    EXPECT_EQ(states(HealthState::checking, "--+"), "ccu");
    EXPECT_EQ(states(HealthState::checking, "??+"), "ccu");
}

TEST(Judge, TurnsDownAfterFallFailsInARow) {
    EXPECT_EQ(states(HealthState::checking, "---"), "ccd");
    EXPECT_EQ(states(HealthState::up, "---"), "uud");
    EXPECT_EQ(states(HealthState::up, "--+--+--"), "uuuuuuuu");
}

TEST(Judge, TurnsUpAfterRisePassesInARow) {
    EXPECT_EQ(states(HealthState::down, "++"), "du");
    EXPECT_EQ(states(HealthState::down, "+-+-+-"), "dddddd");
}

TEST(Judge, StaysWhereItIsOnMoreOfTheSame) {
    EXPECT_EQ(states(HealthState::up, "+++++"), "uuuuu");
    EXPECT_EQ(states(HealthState::down, "-----"), "ddddd");
}

TEST(Judge, AnInconclusiveResultTouchesNothing) {
    EXPECT_EQ(states(HealthState::up, "-?-?-"), "uuuud");
    EXPECT_EQ(states(HealthState::down, "+?+"), "ddu");
    EXPECT_EQ(states(HealthState::up, "??????????"), "uuuuuuuuuu");
}

TEST(Judge, ObeysItsRules) {
    Judge hasty{{1, 1}};
    EXPECT_EQ(states(hasty, "-+-+"), "dudu");
    Judge patient{{10, 10}, HealthState::up};
    EXPECT_EQ(states(patient, "----------++++++++++"), "uuuuuuuuuddddddddddu");
}

TEST(Judge, ARuleThatChangesKeepsTheStateAndResetsTheCounters) {
    Judge judge{{2, 3}, HealthState::up};
    EXPECT_EQ(states(judge, "--"), "uu");
    judge.change({2, 2});
    EXPECT_EQ(judge.state(), HealthState::up);
    EXPECT_EQ(states(judge, "--"), "ud");
}

TEST(Judge, IsInDoubtWhileItsStateMayChangeSoon) {
    Judge judge{{2, 3}};
    EXPECT_TRUE(judge.in_doubt());  // CHECKING
    states(judge, "+");
    EXPECT_FALSE(judge.in_doubt());
    states(judge, "-");
    EXPECT_TRUE(judge.in_doubt());  // UP with a fail
    states(judge, "?");
    EXPECT_TRUE(judge.in_doubt());
    states(judge, "+");
    EXPECT_FALSE(judge.in_doubt());
    states(judge, "---");
    EXPECT_FALSE(judge.in_doubt());  // DOWN
    states(judge, "+");
    EXPECT_TRUE(judge.in_doubt());  // DOWN with a pass
}

TEST(Judge, AnInheritedStateIsNotInDoubt) {
    EXPECT_FALSE((Judge{{2, 3}, HealthState::up}.in_doubt()));
    EXPECT_FALSE((Judge{{2, 3}, HealthState::down}.in_doubt()));
}

TEST(Judge, RemembersWhenItLastKnew) {
    Judge judge{{2, 3}};
    EXPECT_FALSE(judge.conclusive_at());
    const Time first{std::chrono::seconds{7}};
    judge.record(Outcome::fail, first);
    judge.record(Outcome::inconclusive, first + std::chrono::seconds{1});
    EXPECT_EQ(judge.conclusive_at(), first);
}

}  // namespace
}  // namespace lb::health
