// SPDX-License-Identifier: Apache-2.0
#include "plan/slow_start.hpp"

#include <gtest/gtest.h>

namespace lb::plan {
namespace {

using namespace std::chrono_literals;

constexpr Time kBack = Time{} + 1h;
const Front kFront{"web"};
const Target kTarget{kFront, "b1"};

Standing standing(HealthVerdict verdict, PoolMode mode = PoolMode::normal) {
    Standing standing;
    standing.mode = mode;
    standing.backends["b1"].health = verdict;
    return standing;
}

Spec spec(milliseconds slow_start) {
    Spec spec;
    spec.pools["web"].slow_start = slow_start;
    return spec;
}

/// One that was DOWN and is UP, in a pool that starts slowly for 10 s.
struct Returned {
    SlowStart slow_start;
    Spec spec = plan::spec(10s);

    Returned() { become(standing(HealthVerdict::down), standing(HealthVerdict::up)); }
    void become(const Standing& before, const Standing& now) {
        slow_start.note(kFront, spec.pools["web"], before, now, kBack);
    }
    int share_after(Time::duration time) {
        slow_start.advance(spec, kBack + time);
        return slow_start.share(kTarget);
    }
};

TEST(ASlowStart, GrowsInTenSteps) {
    Returned its;
    EXPECT_EQ(its.share_after(0s), 100);
    EXPECT_EQ(its.share_after(999ms), 100);
    EXPECT_EQ(its.share_after(1s), 200);
    EXPECT_EQ(its.share_after(8999ms), 900);
    EXPECT_EQ(its.share_after(9s), 1000);
    EXPECT_EQ(its.share_after(1h), 1000);
}

TEST(ASlowStart, TakesItsStepsWhenItIsToldTheTimeAndNeverElse) {
    Returned its;
    EXPECT_EQ(its.share_after(3s), 400);
    its.become(standing(HealthVerdict::up), standing(HealthVerdict::up));
    EXPECT_EQ(its.slow_start.share(kTarget), 400);
    its.spec = spec(0s);
    EXPECT_EQ(its.slow_start.share(kTarget), 400) << "the file has it no more";
    EXPECT_EQ(its.share_after(3s), 1000);
}

TEST(ASlowStart, IsForWhoWasDownAndIsNeededByNobody) {
    const auto share = [](const Standing& before, const Standing& now, milliseconds length) {
        SlowStart slow_start;
        slow_start.note(kFront, spec(length).pools["web"], before, now, kBack);
        return slow_start.share(kTarget);
    };
    const auto down = standing(HealthVerdict::down), up = standing(HealthVerdict::up);
    EXPECT_EQ(share(down, up, 10s), 100);
    EXPECT_EQ(share(down, up, 0s), 1000) << "it is off";
    EXPECT_EQ(share(standing(HealthVerdict::none), up, 10s), 1000) << "it is new";
    EXPECT_EQ(share(standing(HealthVerdict::down, PoolMode::fail_open), up, 10s), 1000);
    EXPECT_EQ(share(down, standing(HealthVerdict::up, PoolMode::fail_open), 10s), 1000);
}

TEST(ASlowStart, EndsWhenItFallsAgainOrIsNeeded) {
    for (const auto& next :
         {standing(HealthVerdict::down), standing(HealthVerdict::up, PoolMode::fail_open)}) {
        Returned its;
        its.become(standing(HealthVerdict::up), next);
        EXPECT_TRUE(its.slow_start.starts().empty());
    }
}

TEST(ASlowStart, IsForgottenWhenItIsWhole) {
    Returned its;
    (void)its.share_after(8s);
    its.slow_start.end_some();
    EXPECT_EQ(its.slow_start.share(kTarget), 900);
    (void)its.share_after(9s);
    its.slow_start.end_some();
    EXPECT_TRUE(its.slow_start.starts().empty());
}

}  // namespace
}  // namespace lb::plan
