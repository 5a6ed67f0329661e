// SPDX-License-Identifier: Apache-2.0
#include "plan/witness.hpp"

#include <random>

#include <gtest/gtest.h>

namespace lb::plan {
namespace {

using namespace std::chrono_literals;

Handshakes handshakes(std::uint64_t samples, std::uint64_t completed) {
    return {samples, completed, completed * 2'000'000};
}

/// The same in both minutes.
WitnessMinutes steady(std::uint64_t samples, std::uint64_t completed) {
    return {handshakes(samples, completed), handshakes(samples, completed)};
}

WitnessVerdict verdict(const WitnessMinutes& own, const WitnessMinutes& rest) {
    return testimony(own, rest).verdict;
}

// ------------------------------------------------------------------------------------- the share

TEST(WitnessShare, GrowsToEveryFlowWhileABackendIsQuiet) {
    WitnessShare share;
    auto rate = share.after({0, 0});
    EXPECT_EQ(rate.begins, 2 * kBaseShare);
    for (int i = 0; i < 5; ++i)
        rate = share.after({0, 0});
    EXPECT_EQ(rate, (WitnessRate{kEveryFlow, kEveryFlow}));
}

TEST(WitnessShare, ShrinksAtOnceAndNeverBelowItsBase) {
    WitnessShare share;
    for (int i = 0; i < 6; ++i)
        share.after({});
    EXPECT_EQ(share.after({80, 800}).begins, kEveryFlow / 10);
    EXPECT_EQ(share.after({1'000'000, 2'000'000}).begins, kBaseShare);
}

TEST(WitnessShare, StaysWhereSamplesAreEnough) {
    WitnessShare share;
    const auto before = share.after({3, 0}).begins;
    EXPECT_EQ(share.after({4, 0}).begins, before);
    EXPECT_EQ(share.after({16, 0}).begins, before);
}

TEST(WitnessShare, LooksAtWhatBeganBeforeItShrank) {
    WitnessShare share;
    for (int i = 0; i < 6; ++i)
        share.after({});
    for (int second = 1; second <= LB_HANDSHAKE_SECONDS; ++second)
        EXPECT_EQ(share.after({1'000'000, 0}).looks, kEveryFlow) << second;
    EXPECT_EQ(share.after({100, 0}), (WitnessRate{kBaseShare, kBaseShare}));
}

TEST(WitnessShare, LetsFewPacketsOfABusyBackendPay) {
    WitnessShare share;
    WitnessRate rate;
    for (int i = 0; i < 10; ++i)
        rate = share.after({0, 500'000});
    EXPECT_EQ(rate.begins, kEveryFlow / 10);
    EXPECT_EQ(share.after({0, 100'000'000}).begins, kBaseShare);
}

// ----------------------------------------------------------------------------------- the history

TEST(WitnessHistory, TellsTheLastMinuteFromTheOneBefore) {
    WitnessHistory history;
    for (std::uint64_t step = 0; step <= 60; ++step)  // five minutes
        history.record(handshakes(100 + 10 * step, 9 * step));
    const auto minutes = history.minutes();
    EXPECT_EQ(minutes.last, handshakes(120, 108));
    EXPECT_EQ(minutes.before, handshakes(120, 108));
    EXPECT_EQ(minutes.both(), handshakes(240, 216));
}

TEST(WitnessHistory, BeginsWithWhatWasCountedBeforeIt) {
    WitnessHistory history;
    EXPECT_EQ(history.minutes().both(), Handshakes{});
    history.record(handshakes(5000, 4000));
    EXPECT_EQ(history.minutes().both(), Handshakes{});
    history.record(handshakes(5010, 4009));
    EXPECT_EQ(history.minutes().last, handshakes(10, 9));
    EXPECT_EQ(history.minutes().before, Handshakes{});
}

// --------------------------------------------------------------------------------- the testimony

TEST(Testimony, SaysHowManyHowSureAndHowFast) {
    const auto said = testimony(steady(200, 196), steady(1000, 980));
    EXPECT_EQ(said.samples, 400U);
    EXPECT_EQ(said.completed, 392U);
    EXPECT_DOUBLE_EQ(said.ratio, 0.98);
    EXPECT_NEAR(said.error, 0.0144, 0.0001);  // Wilson, 95 %, by hand
    EXPECT_EQ(said.latency, 2ms);
    EXPECT_EQ(said.verdict, WitnessVerdict::normal);
}

TEST(Testimony, NeedsFiftySamplesOfBoth) {
    EXPECT_EQ(verdict({handshakes(49, 0), {}}, steady(500, 500)), WitnessVerdict::too_few);
    EXPECT_EQ(verdict({handshakes(50, 0), {}}, steady(500, 500)), WitnessVerdict::suspicious);
    EXPECT_EQ(verdict(steady(500, 0), {handshakes(49, 49), {}}), WitnessVerdict::too_few);
    EXPECT_EQ(testimony({}, {}).error, 0.5);
}

TEST(Testimony, AccusesWhoAnswersFewerThanTheRest) {
    EXPECT_EQ(verdict(steady(200, 0), steady(1000, 990)), WitnessVerdict::suspicious);
    EXPECT_EQ(verdict(steady(200, 140), steady(1000, 990)), WitnessVerdict::suspicious);
    EXPECT_EQ(verdict(steady(200, 190), steady(1000, 990)), WitnessVerdict::normal);
    EXPECT_EQ(verdict(steady(200, 200), steady(1000, 400)), WitnessVerdict::normal);
}

TEST(Testimony, AccusesNobodyForWhatAllHave) {
    EXPECT_EQ(verdict(steady(200, 10), steady(1000, 50)), WitnessVerdict::normal);
}

TEST(Testimony, FindsTheSilentOneInAFlood) {
    EXPECT_EQ(verdict(steady(400, 0), steady(1600, 400)), WitnessVerdict::suspicious);
}

TEST(Testimony, GivesTheBenefitOfTheDoubtWhereThePoolIsTroubled) {
    const auto half_as_many = steady(400, 50);
    EXPECT_EQ(verdict(half_as_many, steady(1600, 400)), WitnessVerdict::normal);
    // The flood began in this minute: the rest answers less than in the one before.
    EXPECT_EQ(verdict({handshakes(200, 60), handshakes(200, 198)},
                      {handshakes(1000, 700), handshakes(1000, 990)}),
              WitnessVerdict::normal);
    EXPECT_EQ(verdict({handshakes(200, 60), handshakes(200, 198)}, steady(1000, 845)),
              WitnessVerdict::suspicious);
}

/// A pool of twenty under floods of any size, for hours: what is sampled is by chance.
class Flood : public testing::Test {
protected:
    WitnessMinutes backend(double real_answered) {
        return {minute(real_answered), minute(real_answered)};
    }
    /// Of `kSamples` a share is real, and so much of it is answered.
    Handshakes minute(double real_answered) {
        std::binomial_distribution<std::uint64_t> completed{kSamples, real_ * real_answered};
        return handshakes(kSamples, completed(random_));
    }
    /// Rounds in which the backend `odd`, and in which any other one was accused.
    std::pair<int, int> accused(double odd_answers) {
        int odd = 0, others = 0;
        for (int round = 0; round < kRounds; ++round) {
            std::vector<WitnessMinutes> pool{backend(odd_answers)};
            while (pool.size() < 20)
                pool.push_back(backend(0.99));
            WitnessMinutes all;
            for (const auto& one : pool)
                all.add(one);
            for (std::size_t i = 0; i < pool.size(); ++i)
                if (verdict(pool[i], all.without(pool[i])) == WitnessVerdict::suspicious)
                    ++(i == 0 ? odd : others);
        }
        return {odd, others};
    }
    static constexpr std::uint64_t kSamples = 480;  // eight a second
    static constexpr int kRounds = 200;
    std::mt19937_64 random_{25};
    double real_ = 1;
};

TEST_F(Flood, OverAllBackendsAccusesNobody) {
    for (const double real : {1.0, 0.5, 0.1, 0.02, 0.001}) {
        real_ = real;
        EXPECT_EQ(accused(0.99), (std::pair{0, 0})) << real;
    }
}

TEST_F(Flood, DoesNotHideWhoIsSilent) {
    for (const double real : {1.0, 0.5, 0.1}) {
        real_ = real;
        EXPECT_EQ(accused(0), (std::pair{kRounds, 0})) << real;
    }
}

}  // namespace
}  // namespace lb::plan
