// SPDX-License-Identifier: Apache-2.0
/// What the checker makes of results that may be its own fault.
#include <algorithm>

#include "unit/health/backend.hpp"
#include "unit/health/checking.hpp"

namespace lb::health {
namespace {

using namespace std::chrono_literals;
using test::Backend;
using test::Connection;
using test::ok;

const Target kTwo{{"api"}, "two"};

/// One backend in each of two pools; both do as `is_sick` says.
class ConditionTest : public CheckerTest {
protected:
    void begin() {
        spec.pools["web"].check->fall = 10;  // a busy machine may let one begin before the other
        add(kOne, one.endpoint());
        add(kTwo, two.endpoint());
        start();
        ASSERT_TRUE(until_state(kOne, HealthState::up));
        ASSERT_TRUE(until_state(kTwo, HealthState::up));
    }
    bool until_condition(CheckerState state) {
        return until([&] { return checker->condition().state == state; });
    }
    bool somebody_was_down() const {
        return std::any_of(transitions.begin(), transitions.end(), [](const auto& transition) {
            return transition.after == HealthState::down;
        });
    }
    void serve(Connection& connection) {
        connection.hear();
        connection.say(is_sick ? "HTTP/1.1 500 Sick\r\n\r\n" : ok());
    }

    std::atomic<bool> is_sick = false;
    Backend one{[this](Connection& connection) { serve(connection); }};
    Backend two{[this](Connection& connection) { serve(connection); }};
};

TEST_F(ConditionTest, WhatIsOurFaultChangesNoVerdict) {
    begin();
    links = "eth0 is down";
    is_sick = true;
    ASSERT_TRUE(until_condition(CheckerState::broken));
    EXPECT_EQ(checker->condition().why, "eth0 is down");
    ASSERT_TRUE(until_results(20));  // twice as many as take it down
    EXPECT_EQ(describe(*health(kOne).last), "local.broken");
    EXPECT_EQ(health(kOne).verdict, HealthVerdict::up);
    EXPECT_EQ(health(kOne).state, HealthState::stale);

    is_sick = false;
    links.clear();
    ASSERT_TRUE(until_condition(CheckerState::ok));
    ASSERT_TRUE(until_state(kOne, HealthState::up));
    ASSERT_TRUE(until_state(kTwo, HealthState::up));
    EXPECT_FALSE(somebody_was_down());
    EXPECT_EQ(conditions.back(), CheckerState::ok);
}

TEST_F(ConditionTest, WhenHalfBeginToFailTheSelfTestIsMadeAtOnce) {
    begin();
    const auto begin = Loop::now();
    links = "eth0 is down";
    is_sick = true;
    ASSERT_TRUE(until_condition(CheckerState::broken));
    EXPECT_EQ(conditions, (std::vector{CheckerState::suspect, CheckerState::broken}));
    EXPECT_LT(Loop::now() - begin, SelfTest::kPeriod);
}

TEST_F(ConditionTest, ItIsUsWhenNoReferenceOfTheNodeAnswers) {
    begin();
    const test::Silent silent, other;
    spec.node.check_references = {silent.endpoint(), other.endpoint()};
    checker->configure(spec, {});
    is_sick = true;
    ASSERT_TRUE(until_condition(CheckerState::broken));
    EXPECT_NE(checker->condition().why.find("no reference answers"), std::string::npos)
        << checker->condition().why;
}

TEST_F(ConditionTest, WhatIsNotOurFaultTakesThemDown) {
    begin();
    is_sick = true;
    ASSERT_TRUE(until_state(kOne, HealthState::down));
    ASSERT_TRUE(until_state(kTwo, HealthState::down));
    ASSERT_TRUE(until_condition(CheckerState::ok));
    EXPECT_EQ(conditions, (std::vector{CheckerState::suspect, CheckerState::ok}));
    for (const auto& [backend, counts] : checker->figures().backends)
        EXPECT_EQ(counts.reasons[std::size_t(CheckReason::local_broken)], 0)
            << "what fails while the self-test is made waits for it, and is not lost";
}

/// Half of one pool is half of all, and still one pool's own matter.
TEST_F(ConditionTest, ThatOnePoolFailsIsNoSuspicion) {
    begin();
    spec.pools.erase("api");
    checker->configure(spec, {});
    is_sick = true;
    ASSERT_TRUE(until_state(kOne, HealthState::down));
    EXPECT_TRUE(conditions.empty());
}

}  // namespace
}  // namespace lb::health
