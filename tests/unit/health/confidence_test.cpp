// SPDX-License-Identifier: Apache-2.0
#include "health/confidence.hpp"

#include <gtest/gtest.h>

namespace lb::health {
namespace {

using namespace std::chrono_literals;

constexpr auto kWindow = 5s;
const Time kStart{1h};

bool counts(const Confidence& confidence, Outcome outcome, Time sent) {
    return confidence.believes(outcome, sent);
}

TEST(Confidence, BelievesEverythingWhileNothingIsWrong) {
    Confidence confidence;
    EXPECT_FALSE(confidence.began("", kWindow, kStart));
    EXPECT_EQ(confidence.state(), CheckerState::ok);
    EXPECT_TRUE(counts(confidence, Outcome::fail, kStart));
    EXPECT_TRUE(counts(confidence, Outcome::pass, kStart));
}

TEST(Confidence, AsksTheSelfTestWhatResultsAreWorth) {
    Confidence confidence;
    EXPECT_FALSE(confidence.is_asking());
    EXPECT_TRUE(confidence.began("3 of 6", kWindow, kStart));
    EXPECT_EQ(confidence.state(), CheckerState::suspect);
    EXPECT_EQ(confidence.why(), "3 of 6");
    EXPECT_TRUE(confidence.is_asking());
    confidence.tested("", kStart + 1ms);
    EXPECT_EQ(confidence.state(), CheckerState::suspect);
    EXPECT_FALSE(confidence.is_asking());
    EXPECT_TRUE(counts(confidence, Outcome::fail, kStart)) << "it is not us";
}

TEST(Confidence, IsOkAgainAWindowAfterTheLastBeginning) {
    Confidence confidence;
    confidence.began("3 of 6", kWindow, kStart);
    confidence.tested("", kStart + 1ms);
    EXPECT_FALSE(confidence.began("4 of 6", kWindow, kStart + 3s)) << "it has been asked already";
    EXPECT_FALSE(confidence.began("", kWindow, kStart + 4s));
    confidence.look(kStart + 9s - 1ms);
    EXPECT_EQ(confidence.state(), CheckerState::suspect);
    confidence.look(kStart + 9s);
    EXPECT_EQ(confidence.state(), CheckerState::ok);
    EXPECT_EQ(confidence.why(), "");
    EXPECT_TRUE(confidence.began("3 of 6", kWindow, kStart + 10s)) << "and can be asked again";
}

TEST(Confidence, StaysSuspectUntilItIsTested) {
    Confidence confidence;
    confidence.began("3 of 6", kWindow, kStart);
    confidence.look(kStart + 1h);
    EXPECT_EQ(confidence.state(), CheckerState::suspect);
}

TEST(Confidence, BelievesNothingWhileBroken) {
    Confidence confidence;
    confidence.began("3 of 6", kWindow, kStart);
    confidence.tested("eth0 is down", kStart);
    EXPECT_EQ(confidence.state(), CheckerState::broken);
    EXPECT_EQ(confidence.why(), "eth0 is down");
    EXPECT_FALSE(confidence.is_asking());
    EXPECT_FALSE(counts(confidence, Outcome::fail, kStart));
    EXPECT_FALSE(counts(confidence, Outcome::pass, kStart));
    EXPECT_TRUE(counts(confidence, Outcome::inconclusive, kStart)) << "it has its own reason";
    confidence.look(kStart + 1h);
    EXPECT_FALSE(confidence.began("4 of 6", kWindow, kStart));
    EXPECT_EQ(confidence.state(), CheckerState::broken);
}

TEST(Confidence, NeedsNoSuspicionToBeBroken) {
    Confidence confidence;
    confidence.tested("eth0 is down", kStart);
    EXPECT_EQ(confidence.state(), CheckerState::broken);
    confidence.tested("eth1 is down", kStart + 2s);
    EXPECT_EQ(confidence.why(), "eth1 is down");
}

TEST(Confidence, DoesNotBelieveFailsOfTheTimeInWhichItWasBroken) {
    Confidence confidence;
    confidence.tested("eth0 is down", kStart);
    confidence.tested("", kStart + 2s);
    EXPECT_EQ(confidence.state(), CheckerState::ok);
    EXPECT_FALSE(counts(confidence, Outcome::fail, kStart + 2s - 1ms)) << "sent before it ended";
    EXPECT_TRUE(counts(confidence, Outcome::fail, kStart + 2s));
    EXPECT_TRUE(counts(confidence, Outcome::pass, kStart + 1s)) << "it got through";
}

}  // namespace
}  // namespace lb::health
