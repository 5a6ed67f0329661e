// SPDX-License-Identifier: Apache-2.0
#include "plan/flows.hpp"

#include <gtest/gtest.h>

#include "plan/drain.hpp"
#include "unit/plan/second.hpp"

namespace lb::plan {
namespace {

/// An entry of backend 1 in a slot that moves from 1 to 2.
FlowSighting entry(lb_flow_kind kind, std::uint32_t idle = 0) {
    FlowSighting seen;
    seen.kind = kind;
    seen.index = 1;
    seen.birth = seen.current_birth = 7;
    seen.idle_seconds = idle;
    seen.slot = moving_slot(2, 1);
    seen.state = LB_BACKEND_READY;
    return seen;
}

TEST(FlowEntries, LiveAsLongAsTheirKindMayBeSilent) {
    struct Case {
        lb_flow_kind kind;
        std::uint32_t longest;
    };
    for (const auto& [kind, longest] :
         {Case{LB_FLOW_HALF_OPEN, 10}, Case{LB_FLOW_SEEN, 3600}, Case{LB_FLOW_ESTABLISHED, 3600},
          Case{LB_FLOW_CLOSING, 60}, Case{LB_FLOW_DATAGRAM, 30}}) {
        EXPECT_EQ(judge(entry(kind, longest)), FlowFate::foreign) << kind;
        EXPECT_EQ(judge(entry(kind, longest + 1)), FlowFate::expired) << kind;
    }
}

TEST(FlowEntries, SeenOnceGoSoonWhenTheTableIsCrowded) {
    auto seen = entry(LB_FLOW_SEEN, 11);
    seen.fill_percent = 75;
    EXPECT_EQ(judge(seen), FlowFate::foreign);
    seen.fill_percent = 76;
    EXPECT_EQ(judge(seen), FlowFate::expired);
    seen.kind = LB_FLOW_ESTABLISHED;
    EXPECT_EQ(judge(seen), FlowFate::foreign);
}

TEST(FlowEntries, OfTheSlotsOwnBackendHoldUpNothing) {
    auto seen = entry(LB_FLOW_ESTABLISHED);
    seen.index = 2;
    EXPECT_EQ(judge(seen), FlowFate::kept);
    seen.slot = moving_slot(2, 2);
    EXPECT_EQ(judge(seen), FlowFate::removed) << "without it, the flow goes there, too";
}

TEST(FlowEntries, OfABackendThatIsOffHoldUpNothing) {
    auto seen = entry(LB_FLOW_ESTABLISHED);
    seen.state = LB_BACKEND_OFF;
    EXPECT_EQ(judge(seen), FlowFate::kept);
    seen.slot = moving_slot(2, 2);
    EXPECT_EQ(judge(seen), FlowFate::removed) << "nor speak up again when it comes back";
}

/// INV-9.
TEST(FlowEntries, OfAnEarlierOwnerOfTheIndexAreNobodys) {
    auto seen = entry(LB_FLOW_ESTABLISHED);
    seen.current_birth = 8;
    EXPECT_EQ(judge(seen), FlowFate::removed);
}

TEST(FlowEntries, ThatAreDamagedAreNobodys) {
    auto seen = entry(LB_FLOW_ESTABLISHED);
    seen.intact = false;
    EXPECT_EQ(judge(seen), FlowFate::removed);
}

TEST(FlowEntries, OfASlotAtRestAreNotNeededUnlessTheVipTracksAlways) {
    auto seen = entry(LB_FLOW_ESTABLISHED);
    seen.slot = stable_slot(2);
    EXPECT_EQ(judge(seen), FlowFate::removed);
    seen.tracks_always = true;
    EXPECT_EQ(judge(seen), FlowFate::foreign);
}

TEST(MoveWindow, IsOverWhenItsTimeHasPassed) {
    const MoveWindow window{10 * kSecond, 100 * kSecond, 0};
    EXPECT_FALSE(window.is_over(110 * kSecond - 1));
    EXPECT_TRUE(window.is_over(110 * kSecond));
}

TEST(MoveWindow, WaitsWhileFlowsCannotBeRemembered) {
    const MoveWindow window{10 * kSecond, 100 * kSecond, 109 * kSecond};
    EXPECT_FALSE(window.is_over(118 * kSecond));
    EXPECT_TRUE(window.is_over(119 * kSecond));
}

TEST(MoveWindow, DoesNotWaitForARefusalOfAnEarlierMove) {
    EXPECT_TRUE((MoveWindow{10 * kSecond, 100 * kSecond, 99 * kSecond}.is_over(110 * kSecond)));
}

TEST(MoveWindow, WaitsForAnHourAtMost) {
    const auto refusing = [](Nanoseconds now) {
        return MoveWindow{10 * kSecond, 100 * kSecond, now - kSecond}.is_over(now);
    };
    EXPECT_FALSE(refusing(3699 * kSecond));
    EXPECT_TRUE(refusing(3700 * kSecond));
}

TEST(MoveWindow, IsShortForDatagrams) {
    EXPECT_EQ(window_length(Protocol::tcp, std::chrono::minutes{5}), 300 * kSecond);
    EXPECT_EQ(window_length(Protocol::udp, std::chrono::minutes{5}), 30 * kSecond);
    EXPECT_EQ(window_length(Protocol::udp, std::chrono::seconds{5}), 5 * kSecond);
}

TEST(Drain, LastsFromItsFirstMomentForItsTimeout) {
    const auto began = drain(LB_BACKEND_DRAIN, 0, 10, 100);
    EXPECT_EQ(began.state, LB_BACKEND_DRAIN);
    EXPECT_EQ(began.until, 110U);
    EXPECT_EQ(drain(LB_BACKEND_DRAIN, began.until, 10, 109).state, LB_BACKEND_DRAIN);
    EXPECT_EQ(drain(LB_BACKEND_DRAIN, began.until, 10, 110).state, LB_BACKEND_OFF);
    EXPECT_EQ(drain(LB_BACKEND_DRAIN, began.until, 10, 110).until, 110U);
}

TEST(Drain, EndsWithAnyOtherState) {
    EXPECT_EQ(drain(LB_BACKEND_READY, 110, 10, 200).state, LB_BACKEND_READY);
    EXPECT_EQ(drain(LB_BACKEND_READY, 110, 10, 200).until, 0U);
    EXPECT_EQ(drain(LB_BACKEND_OFF, 110, 10, 100).until, 0U);
}

TEST(Drain, OfNoTimeIsOffAtOnce) {
    EXPECT_EQ(drain(LB_BACKEND_DRAIN, 0, 0, 100).state, LB_BACKEND_OFF);
}

}  // namespace
}  // namespace lb::plan
