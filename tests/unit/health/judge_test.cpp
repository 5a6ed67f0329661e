// SPDX-License-Identifier: Apache-2.0
#include "health/judge.hpp"

#include <cstdlib>
#include <string>

#include <gtest/gtest.h>

#include "support/random.hpp"
#include "unit/health/judge_model.hpp"

namespace lb::health {
namespace {

using namespace std::chrono_literals;

/// A judge with a clock and luck of its own.
struct Bench {
    explicit Bench(const Rules& rules = {}, HealthVerdict verdict = HealthVerdict::none)
        : judge{rules, state_of(verdict), verdict, now} {}

    void hear(char result) {
        const auto before = judge.state();
        const auto outcome = result == '+'   ? Outcome::pass
                             : result == '-' ? Outcome::fail
                                             : Outcome::inconclusive;
        const auto changed = judge.record(outcome, may_hold, now, random);
        EXPECT_EQ(changed.has_value(), judge.state() != before);
    }
    /// Results written as '+' pass, '-' fail, '.' inconclusive, 100 ms apart; answers the state
    /// after each as 'c' CHECKING, 'u' UP, 'd' DOWN, 's' STALE, 'h' HELD_DOWN.
    std::string hear(const std::string& results) {
        std::string after;
        for (const char result : results) {
            now += 100ms;
            hear(result);
            after += "cudsh"[static_cast<int>(judge.state())];
        }
        return after;
    }
    HealthState wait(std::chrono::nanoseconds time) {
        now += time;
        judge.wake(now);
        return judge.state();
    }

    Time now{1h};
    bool may_hold = true;
    Random random{20};
    Judge judge;
};

std::string states(HealthVerdict from, const std::string& results) {
    return Bench{{2, 3}, from}.hear(results);
}

TEST(Judge, TurnsUpAtTheFirstPassWhenItNeverConcluded) {
    EXPECT_EQ(states(HealthVerdict::none, "+"), "u");
    EXPECT_EQ(states(HealthVerdict::none, "--+"), "ccu");
    EXPECT_EQ(states(HealthVerdict::none, "..+"), "ccu");
}

TEST(Judge, TurnsDownAfterFallFailsInARow) {
    EXPECT_EQ(states(HealthVerdict::none, "---"), "ccd");
    EXPECT_EQ(states(HealthVerdict::up, "---"), "uud");
    EXPECT_EQ(states(HealthVerdict::up, "--+--+--"), "uuuuuuuu");
}

TEST(Judge, TurnsUpAfterRisePassesInARow) {
    EXPECT_EQ(states(HealthVerdict::down, "++"), "du");
    EXPECT_EQ(states(HealthVerdict::down, "+-+-+-"), "dddddd");
}

TEST(Judge, FailsThatAreForgottenAreNoPartOfARow) {
    Bench bench{{2, 3}, HealthVerdict::up};
    EXPECT_EQ(bench.hear("--"), "uu");
    bench.judge.forget_fails();
    EXPECT_FALSE(bench.judge.in_doubt());
    EXPECT_EQ(bench.hear(".--."), "uuuu");
    EXPECT_EQ(bench.hear("-+"), "dd");
    bench.judge.forget_fails();
    EXPECT_EQ(bench.hear("+"), "u") << "passes are not";
}

TEST(Judge, StaysWhereItIsOnMoreOfTheSame) {
    EXPECT_EQ(states(HealthVerdict::up, "+++++"), "uuuuu");
    EXPECT_EQ(states(HealthVerdict::down, "-----"), "ddddd");
}

/// INV-7.
TEST(Judge, AnInconclusiveResultTouchesNoCounter) {
    EXPECT_EQ(states(HealthVerdict::up, "-.-.-"), "uuuud");
    EXPECT_EQ(states(HealthVerdict::down, "+.+"), "ddu");
}

TEST(Judge, ObeysItsRules) {
    EXPECT_EQ((Bench{{1, 1, 15s, {0}}}.hear("-+-+")), "dudu");
    EXPECT_EQ((Bench{{10, 10}, HealthVerdict::up}.hear("----------++++++++++")),
              "uuuuuuuuuddddddddddu");
}

TEST(Judge, ARuleThatChangesKeepsTheVerdictAndResetsTheCounters) {
    Bench bench{{2, 3}, HealthVerdict::up};
    EXPECT_EQ(bench.hear("--"), "uu");
    bench.judge.change({2, 2}, bench.now);
    EXPECT_EQ(bench.judge.state(), HealthState::up);
    EXPECT_EQ(bench.hear("--"), "ud");
}

TEST(Judge, IsInDoubtWhileItsStateMayChangeSoon) {
    Bench bench;
    const auto in_doubt_after = [&](const std::string& results) {
        bench.hear(results);
        return bench.judge.in_doubt();
    };
    EXPECT_TRUE(bench.judge.in_doubt());  // CHECKING
    EXPECT_FALSE(in_doubt_after("+"));
    EXPECT_TRUE(in_doubt_after("-"));  // UP with a fail
    EXPECT_TRUE(in_doubt_after("."));
    EXPECT_FALSE(in_doubt_after("+"));
    EXPECT_FALSE(in_doubt_after("---"));  // DOWN
    EXPECT_TRUE(in_doubt_after("+"));     // DOWN with a pass
}

TEST(Judge, AnInheritedVerdictIsNotInDoubt) {
    EXPECT_FALSE((Bench{{}, HealthVerdict::up}.judge.in_doubt()));
    EXPECT_FALSE((Bench{{}, HealthVerdict::down}.judge.in_doubt()));
}

// ------------------------------------------------------------------------------------- UNCHECKED

const Rules kNone = [] {
    Rules rules{2, 3};
    rules.unchecked = true;
    return rules;
}();

/// INV-4.
TEST(Judge, ACheckThatGoesChangesNoVerdict) {
    for (const auto verdict : {HealthVerdict::none, HealthVerdict::up, HealthVerdict::down}) {
        Bench bench{{2, 3}, verdict};
        bench.judge.change(kNone, bench.now);
        EXPECT_EQ(bench.judge.state(), HealthState::unchecked);
        EXPECT_EQ(bench.judge.verdict(), verdict);
        EXPECT_EQ(bench.wait(10h), HealthState::unchecked) << "silence is what was asked for";
        EXPECT_FALSE(bench.judge.in_doubt());
    }
}

TEST(Judge, ACheckThatGoesEndsNoHoldWithAReturn) {
    Bench bench{{1, 1, 15s, {1}}, HealthVerdict::up};
    EXPECT_EQ(bench.hear("-+"), "dh");
    bench.judge.change(kNone, bench.now);
    EXPECT_EQ(bench.wait(10h), HealthState::unchecked);
    EXPECT_EQ(bench.judge.verdict(), HealthVerdict::down);
}

TEST(Judge, ACheckThatComesDecidesFromTheVerdictThatWas) {
    Bench bench{{2, 3}, HealthVerdict::down};
    bench.judge.change(kNone, bench.now);
    bench.wait(10h);
    bench.judge.change({2, 3}, bench.now);
    EXPECT_EQ(bench.wait(1s), HealthState::down) << "not STALE: nobody listened until now";
    EXPECT_EQ(bench.hear("++"), "du");
    bench.judge.change(kNone, bench.now);
    bench.judge.change({2, 3}, bench.now);
    EXPECT_EQ(bench.hear("---"), "uud");
}

TEST(Judge, OnlyAnUncheckedBackendCanBeVouchedFor) {
    Bench bench{{2, 3}, HealthVerdict::down};
    EXPECT_FALSE(bench.judge.vouch());
    bench.judge.change(kNone, bench.now);
    EXPECT_TRUE(bench.judge.vouch());
    EXPECT_EQ(bench.judge.verdict(), HealthVerdict::up);
    EXPECT_EQ(bench.judge.state(), HealthState::unchecked);
    EXPECT_FALSE(bench.judge.vouch());
}

// ----------------------------------------------------------------------------------------- STALE

TEST(Judge, IsStaleAfterFiveInconclusiveResultsInARow) {
    EXPECT_EQ(states(HealthVerdict::up, "....-....."), "uuuuuuuuus");
}

TEST(Judge, IsStaleWhenItHeardNothingForTooLong) {
    Bench bench{{2, 3, 10s}, HealthVerdict::up};
    bench.hear(".");
    EXPECT_EQ(bench.wait(9899ms), HealthState::up) << "10 s from the beginning on";
    EXPECT_EQ(bench.wait(1ms), HealthState::stale);
    EXPECT_EQ(bench.judge.verdict(), HealthVerdict::up) << "what is unknown changes nothing";
}

TEST(Judge, CountsSilenceFromTheLastConclusiveResult) {
    Bench bench{{2, 3, 10s}};
    bench.wait(9s);
    bench.hear("-");
    EXPECT_EQ(bench.wait(9999ms), HealthState::checking);
    EXPECT_EQ(bench.wait(1ms), HealthState::stale);
    EXPECT_EQ(bench.judge.verdict(), HealthVerdict::none);
}

TEST(Judge, LeavesStaleForItsLastVerdictAndCountsTheResult) {
    EXPECT_EQ(states(HealthVerdict::up, ".....--+"), "uuuusuuu");
    EXPECT_EQ(states(HealthVerdict::up, "--.....-"), "uuuuuusd");
    EXPECT_EQ(states(HealthVerdict::down, ".....++"), "ddddsdu");
    EXPECT_EQ(states(HealthVerdict::none, ".....-+"), "ccccscu");
}

// ------------------------------------------------------------------------------------- HELD_DOWN

/// Five changes, the last of them to DOWN, and then a return.
constexpr auto kFlapping = "---++---++---++";

TEST(Judge, HoldsABackendThatComesAndGoes) {
    EXPECT_EQ(states(HealthVerdict::up, kFlapping), "uudduuudduuuddh");
}

TEST(Judge, HoldsForAsLongAsItIsTold) {
    Bench bench{{}, HealthVerdict::up};
    bench.hear(kFlapping);
    const auto hold = *bench.judge.held_until() - bench.now;
    EXPECT_GE(hold, 27s);
    EXPECT_LE(hold, 33s);
    bench.hear("+");
    EXPECT_EQ(bench.wait(hold - 201ms), HealthState::stale) << "and nobody said anything";
    bench.hear("+");
    EXPECT_EQ(bench.judge.state(), HealthState::held_down);
    EXPECT_EQ(bench.wait(1ms), HealthState::up);
}

TEST(Judge, StaysDownAfterAHoldInWhichItFailed) {
    Bench bench{{}, HealthVerdict::up};
    bench.hear(kFlapping);
    EXPECT_EQ(bench.hear("-"), "h") << "one fail, and its passes count no more";
    while (bench.now < *bench.judge.held_until() - 1s)
        bench.wait(1s), bench.hear("-");
    EXPECT_EQ(bench.wait(1s), HealthState::down);
}

TEST(Judge, LearnsNothingFromAHoldThatEndsInSilence) {
    Bench bench{{}, HealthVerdict::up};
    bench.hear(kFlapping);
    EXPECT_EQ(bench.wait(40s), HealthState::stale);
    EXPECT_EQ(bench.judge.verdict(), HealthVerdict::down) << "its passes were of before the hold";
    EXPECT_FALSE(bench.judge.held_until());
}

TEST(Judge, HoldsTwiceAsLongEachTimeUpToTheMost) {
    Bench bench{{1, 1, 600s, {1, 300s, 10s, 60s}}, HealthVerdict::up};
    for (const auto expected : {10s, 20s, 40s, 60s, 60s}) {
        bench.hear("-+");
        ASSERT_EQ(bench.judge.state(), HealthState::held_down);
        const auto hold = *bench.judge.held_until() - bench.now;
        EXPECT_GE(hold, expected * 9 / 10);
        EXPECT_LE(hold, expected * 11 / 10);
        ASSERT_EQ(bench.wait(hold), HealthState::up);
    }
    bench.wait(301s);
    bench.hear("-+");
    EXPECT_LE(*bench.judge.held_until() - bench.now, 11s) << "it was quiet for flap_window";
}

TEST(Judge, BeginsWithTheFirstHoldAfterAQuietWindowOfItsOwn) {
    Bench bench{{1, 1, 600s, {1, 100s, 10s, 60s}}, HealthVerdict::up};
    bench.hear("-+");
    bench.wait(11s);
    ASSERT_EQ(bench.hear("-+"), "dh");
    ASSERT_EQ(bench.wait(22s), HealthState::up) << "the second hold";
    bench.wait(101s);
    ASSERT_EQ(bench.hear("-+"), "dh");
    EXPECT_LE(*bench.judge.held_until() - bench.now, 11s);
}

TEST(Judge, ForgetsChangesThatAreOlderThanTheWindow) {
    Bench bench{{1, 1, 600s, {2, 300s}}, HealthVerdict::up};
    bench.hear("-");
    bench.wait(200s);
    EXPECT_EQ(bench.hear("+"), "u");
    bench.wait(200s);
    EXPECT_EQ(bench.hear("-"), "d");
    EXPECT_EQ(bench.hear("+"), "h") << "two changes within the last 300 s";
    Bench slow{{1, 1, 600s, {2, 100s}}, HealthVerdict::up};
    slow.hear("-");
    slow.wait(200s);
    EXPECT_EQ(slow.hear("+-+"), "udh");
    Bench slower{{1, 1, 600s, {3, 100s}}, HealthVerdict::up};
    slower.hear("-");
    slower.wait(200s);
    EXPECT_EQ(slower.hear("+-+"), "udu");
}

TEST(Judge, HoldsNobodyWhomThePoolNeeds) {
    Bench bench{{}, HealthVerdict::up};
    bench.may_hold = false;
    EXPECT_EQ(bench.hear(kFlapping), "uudduuudduuuddu");
}

TEST(Judge, LetsGoOfABackendThatThePoolNeedsNow) {
    Bench bench{{}, HealthVerdict::up};
    bench.hear(kFlapping);
    bench.may_hold = false;
    EXPECT_EQ(bench.hear("-"), "h") << "not with a fail";
    EXPECT_EQ(bench.hear("++"), "hu");
}

TEST(Judge, HoldsNobodyWhereThatIsOff) {
    EXPECT_EQ((Bench{{1, 1, 15s, {0}}, HealthVerdict::up}.hear("-+-+-+-+-+-+")), "dudududududu");
    Bench bench{{}, HealthVerdict::up};
    bench.hear(kFlapping);
    bench.judge.change({2, 3, 15s, {0}}, bench.now);
    EXPECT_EQ(bench.judge.state(), HealthState::down);
}

TEST(Judge, BeginsAnInheritedHoldAgain) {
    Bench bench;
    bench.judge = Judge{{}, HealthState::held_down, HealthVerdict::down, bench.now};
    EXPECT_EQ(bench.judge.held_until(), bench.now + 30s);
    EXPECT_EQ(bench.hear("++++"), "hhhh");
}

TEST(Judge, IsStaleUntilItHearsSomethingIfItWas) {
    for (const auto verdict : {HealthVerdict::up, HealthVerdict::down}) {
        Bench bench;
        bench.judge = Judge{{}, HealthState::stale, verdict, bench.now};
        EXPECT_EQ(bench.judge.state(), HealthState::stale);
        EXPECT_EQ(bench.judge.verdict(), verdict);
        bench.hear(".");
        EXPECT_EQ(bench.judge.state(), HealthState::stale);
        bench.hear("+");
        EXPECT_EQ(bench.judge.state(), state_of(verdict)) << "one pass is no return";
    }
}

// ------------------------------------------------------------------------------- in any history

/// $LBD_HISTORIES of a hundred events each; `make deep` asks for a million.
int histories() {
    const char* wanted = std::getenv("LBD_HISTORIES");
    return wanted ? std::atoi(wanted) : 2000;
}

TEST(Judge, DoesWhatTheModelDoesInAnyHistory) {
    auto random = test::seeded_random();
    for (int history = 0; history < histories(); ++history) {
        const Rules rules{static_cast<int>(1 + random() % 3),
                          static_cast<int>(1 + random() % 3),
                          milliseconds{1000 + random() % 10'000},
                          {static_cast<int>(random() % 4), milliseconds{1000 + random() % 60'000},
                           milliseconds{1000 + random() % 5000}, milliseconds{8000}}};
        Bench bench{rules};
        JudgeModel model{rules, bench.now};
        const auto luck = 1 + random() % 20;  // the first bytes of a run of results
        for (int event = 0; event < 100; ++event) {
            bench.now += milliseconds{random() % 1500};
            model.time_passes(bench.now);
            if (const auto end = bench.judge.held_until(); end && bench.now >= *end)
                model.hold_ends(bench.now);
            if (bench.now >= bench.judge.wakes_at()) bench.judge.wake(bench.now);
            ASSERT_EQ(bench.judge.state(), model.state()) << "history " << history;
            if (random() % 8 == 0) continue;  // only time passes
            bench.may_hold = random() % 4 != 0;
            const char result = "+-."[random() % luck < 8 ? random() % 2 : random() % 3];
            model.result(result == '+'   ? Outcome::pass
                         : result == '-' ? Outcome::fail
                                         : Outcome::inconclusive,
                         bench.may_hold, bench.now);
            bench.hear(result);
            ASSERT_EQ(bench.judge.state(), model.state()) << "history " << history;
            ASSERT_EQ(bench.judge.verdict(), model.verdict()) << "history " << history;
        }
    }
}

}  // namespace
}  // namespace lb::health
