// SPDX-License-Identifier: Apache-2.0
/// The checker end to end: the real lbd-check against real sockets.
#include <algorithm>
#include <csignal>

#include "health/inherit.hpp"
#include "unit/health/backend.hpp"
#include "unit/health/checking.hpp"

namespace lb::health {
namespace {

using namespace std::chrono_literals;
using test::answers;
using test::Backend;
using test::Connection;
using test::ok;

TEST_F(CheckerTest, ABackendThatAnswersIsUpAfterItsFirstCheck) {
    Backend backend{answers(ok())};
    add(kOne, backend.endpoint());
    start();
    EXPECT_EQ(health(kOne).state, HealthState::checking);
    ASSERT_TRUE(until_state(kOne, HealthState::up));
    ASSERT_EQ(transitions.size(), 1u);
    EXPECT_EQ(transitions[0].target, kOne);
    EXPECT_EQ(transitions[0].before, HealthState::checking);
    EXPECT_EQ(transitions[0].after, HealthState::up);
    EXPECT_EQ(health(kOne).why, "its first check passed");
    EXPECT_TRUE(checker->healthy()) << checker->problem();
}

TEST_F(CheckerTest, ABackendGoesDownAfterFallFailsAndComesBackAfterRisePasses) {
    std::atomic<bool> is_sick = false;
    Backend backend{[&](Connection& connection) {
        connection.hear();
        connection.say(is_sick ? "HTTP/1.1 500 Sick\r\n\r\n" : ok());
    }};
    add(kOne, backend.endpoint());
    start();
    ASSERT_TRUE(until_state(kOne, HealthState::up));
    is_sick = true;
    ASSERT_TRUE(until_state(kOne, HealthState::down));
    EXPECT_EQ(health(kOne).why, "3 fails in a row: backend.status 500");
    is_sick = false;
    ASSERT_TRUE(until_state(kOne, HealthState::up));
    EXPECT_EQ(health(kOne).why, "2 passes in a row");
    EXPECT_EQ(transitions.size(), 3u);
}

TEST_F(CheckerTest, AnInheritedStateStaysUntilTheCheckDecidesOtherwise) {
    Backend backend{answers(ok())};
    add(kOne, backend.endpoint());
    start(test::lbd_check(),
          {{kOne, {HealthState::down, HealthVerdict::down, {}, "as before", {}, {}}}});
    EXPECT_EQ(health(kOne).state, HealthState::down);
    EXPECT_EQ(health(kOne).why, "as before");
    ASSERT_TRUE(until_state(kOne, HealthState::up));
    EXPECT_EQ(health(kOne).why, "2 passes in a row");
}

TEST_F(CheckerTest, AChangedCheckKeepsTheState) {
    Backend backend{answers(ok())};
    add(kOne, backend.endpoint());
    start();
    ASSERT_TRUE(until_state(kOne, HealthState::up));
    spec.pools["web"].check->path = "/other";
    spec.pools["web"].check->expect_status = {{204, 204}};
    spec.pools["web"].check->fall = 5;
    checker->configure(spec, {});
    EXPECT_EQ(health(kOne).state, HealthState::up);
    ASSERT_TRUE(until_state(kOne, HealthState::down));
    EXPECT_EQ(health(kOne).why, "5 fails in a row: backend.status 200");
}

TEST_F(CheckerTest, AnotherAddressIsAnotherBackend) {
    Backend backend{answers(ok())};
    add(kOne, backend.endpoint());
    start();
    ASSERT_TRUE(until_state(kOne, HealthState::up));
    add(kOne, Endpoint{Address::parse("127.0.0.2").value(), backend.endpoint().port});
    checker->configure(spec, {});
    EXPECT_EQ(health(kOne).state, HealthState::checking);
    ASSERT_TRUE(until_state(kOne, HealthState::down));
    EXPECT_EQ(health(kOne).why, "3 fails in a row: backend.refused");
}

TEST_F(CheckerTest, ARemovedBackendIsForgottenAndNoLongerTried) {
    Backend backend{answers(ok())};
    Backend other{answers(ok())};
    add(kOne, backend.endpoint());
    add({{"api"}, "two"}, other.endpoint());
    start();
    ASSERT_TRUE(until_state({{"api"}, "two"}, HealthState::up));
    ASSERT_TRUE(until_state(kOne, HealthState::up));
    spec.pools.erase("api");
    checker->configure(spec, {});
    EXPECT_EQ(checker->view().count({{"api"}, "two"}), 0u);
    ASSERT_TRUE(until_results(2));  // what was in flight is over
    const int connections = other.connections();
    ASSERT_TRUE(until_results(5));
    EXPECT_EQ(other.connections(), connections);
}

TEST_F(CheckerTest, ANewBackendIsTriedAtOnce) {
    Backend backend{answers(ok())};
    add(kOne, test::nobody());
    start();
    spec.pools["late"].check = spec.pools["web"].check;
    spec.pools["late"].check->interval = 60s;
    spec.pools["late"].check->fast_interval = 60s;
    add({{"late"}, "two"}, backend.endpoint());
    checker->configure(spec, {});
    EXPECT_TRUE(until_state({{"late"}, "two"}, HealthState::up));
}

TEST_F(CheckerTest, NewBackendsAreTriedAtTheRateThatTheConfigurationAllows) {
    Backend backend{answers(ok())};
    add(kOne, backend.endpoint());
    start();
    ASSERT_TRUE(until_state(kOne, HealthState::up));
    spec.node.max_checks_per_second = 10;
    for (const auto* address : {"127.0.0.2", "127.0.0.3", "127.0.0.4"})
        add({{"late"}, address}, {Address::parse(address).value(), backend.endpoint().port});
    checker->configure(spec, {});
    std::vector<Time> due;
    for (const auto* name : {"127.0.0.2", "127.0.0.3", "127.0.0.4"})
        due.push_back(checker->course({{"late"}, name}).next.value());
    for (const auto gap : {due[1] - due[0], due[2] - due[1]}) {
        EXPECT_GE(gap, 100ms);
        EXPECT_LT(gap, 150ms);
    }
}

TEST_F(CheckerTest, EqualChecksAreMadeOnceAndCountForAll) {
    Backend backend{answers(ok())};
    add(kOne, backend.endpoint());
    add({{"web"}, "two"}, backend.endpoint());
    add({{"api"}, "one"}, backend.endpoint());
    spec.pools["web"].check->interval = 60s;
    spec.pools["api"].check = spec.pools["web"].check;
    spec.pools["api"].check->rise = 5;  // what a result means is each pool's own business
    start();
    add({{"api"}, "new"}, backend.endpoint());
    checker->configure(spec, {});  // a fourth joins, and the check is made at once
    for (const Target& id :
         {kOne, Target{{"web"}, "two"}, Target{{"api"}, "one"}, Target{{"api"}, "new"}})
        EXPECT_TRUE(until_state(id, HealthState::up)) << id.text();
    EXPECT_EQ(transitions.size(), 4u);
    EXPECT_EQ(backend.connections(), 1);
}

TEST_F(CheckerTest, AChangeMayBeAnsweredByAnotherConfiguration) {
    Backend backend{answers(ok())};
    add(kOne, backend.endpoint());
    add({{"web"}, "two"}, backend.endpoint());
    start();
    checker = std::make_unique<Checker>(loop, Checker::Options{test::lbd_check(), "lbd-check"},
                                        [this](const Transition& transition) {
                                            transitions.push_back(transition);
                                            spec.pools["web"].backends.erase("one");
                                            checker->configure(spec, {});
                                        });
    ASSERT_TRUE(checker->start());
    checker->configure(spec, {});
    EXPECT_TRUE(until([&] { return checker->view().count(kOne) == 0; }));
    EXPECT_TRUE(until_state({{"web"}, "two"}, HealthState::up));
}

// ----------------------------------------------------------- what a pool says about its own checks

/// Targets that refuse, of which the verdict is known, at addresses of their own: results come at
/// once, and the next attempts are far away.
class RhythmTest : public CheckerTest {
protected:
    RhythmTest() {
        auto& check = *spec.pools["web"].check;
        check.interval = check.fast_interval = kFar;
        check.timeout = 500ms;  // a second attempt would come too late
    }

    static constexpr auto kFar = 25s;

    void configure(HealthVerdict verdict, int count) {
        const auto port = test::nobody().port;
        HealthView inherited;
        for (int i = 1; i <= count; ++i) {
            const Target target{{"web"}, std::to_string(i)};
            add(target, {Address::parse("127.0.0." + std::to_string(i)).value(), port});
            inherited[target] = {state_of(verdict), verdict, {}, "as before", {}, {}};
            targets.push_back(target);
        }
        began = Loop::now();
        checker->configure(spec, inherited);
    }
    /// Until each of them has had one result.
    void begin(HealthVerdict verdict, int count) {
        start();
        configure(verdict, count);
        ASSERT_TRUE(until([&] {
            return std::all_of(targets.begin(), targets.end(), [&](const Target& target) {
                return health(target).last.has_value();
            });
        }));
    }
    void expect_next_after(milliseconds period) {
        for (const auto& target : targets) {
            const auto next = checker->course(target).next;
            ASSERT_TRUE(next) << target.text();
            EXPECT_GE(*next, began + period) << target.text();
            EXPECT_LE(*next, Loop::now() + period) << target.text();
        }
    }
    std::vector<Target> targets;
    Time began;
};

TEST_F(RhythmTest, ASettledTargetWaitsForTheIntervalOfItsPoolWithItsJitter) {
    spec.pools["web"].check->jitter_percent = 0;
    begin(HealthVerdict::down, 20);
    expect_next_after(kFar);
}

TEST_F(RhythmTest, ADoubtfulTargetWaitsForTheFastIntervalOfItsPool) {
    spec.pools["web"].check->interval = 2 * kFar;
    begin(HealthVerdict::up, 1);
    expect_next_after(kFar);
}

TEST_F(RhythmTest, NewTargetsStartAtTheNodesRate) {
    spec.node.max_checks_per_second = 10;
    begin(HealthVerdict::down, 4);
    EXPECT_GE(Loop::now() - began, 300ms);
}

TEST_F(RhythmTest, WhatAHangingProberMissedStartsAtTheNodesRate) {
    spec.node.max_checks_per_second = 10;
    start();
    const auto pid = test::prober();
    ASSERT_GT(pid, 0);
    ASSERT_EQ(kill(pid, SIGSTOP), 0);
    configure(HealthVerdict::down, 4);
    const auto with = [this](Outcome outcome) {
        return std::find_if(targets.begin(), targets.end(), [&](const Target& target) {
            const auto& last = health(target).last;
            return last && last->outcome == outcome;
        });
    };
    ASSERT_TRUE(until([&] { return with(Outcome::inconclusive) != targets.end(); }));
    const auto lost_at = health(*with(Outcome::inconclusive)).last_at;
    ASSERT_TRUE(until([&] { return with(Outcome::inconclusive) == targets.end(); }));
    WallTime latest{};
    for (const auto& target : targets)
        latest = std::max(latest, health(target).last_at);
    EXPECT_GE(latest - lost_at, 300ms);
}

TEST_F(CheckerTest, ABackendComesBackAfterThePassesThatItsPoolAsksFor) {
    Backend backend{answers(ok())};
    add(kOne, backend.endpoint());
    spec.pools["web"].check->rise = 4;
    start(test::lbd_check(),
          {{kOne, {HealthState::down, HealthVerdict::down, {}, "as before", {}, {}}}});
    ASSERT_TRUE(until_state(kOne, HealthState::up));
    EXPECT_EQ(health(kOne).why, "4 passes in a row");
}

TEST_F(CheckerTest, WhoWasStaleWhenLbdEndedIsSoUntilItIsHeardOf) {
    Backend backend{answers(ok())};
    add(kOne, backend.endpoint());
    start(test::lbd_check(),
          {{kOne, {HealthState::stale, HealthVerdict::up, {}, "as before", {}, {}}}});
    EXPECT_EQ(health(kOne).state, HealthState::stale);
    ASSERT_TRUE(until_state(kOne, HealthState::up));
    ASSERT_EQ(transitions.size(), 1);
    EXPECT_EQ(transitions[0].before, HealthState::stale);
}

TEST_F(CheckerTest, ATargetIsStaleWhenItsPoolHasWaitedLongEnough) {
    add(kOne, test::nobody());
    spec.pools["web"].check->interval = 1h;
    spec.pools["web"].check->stale_after = 100ms;
    start();
    ASSERT_TRUE(until_state(kOne, HealthState::stale));
    EXPECT_EQ(health(kOne).why.find("no conclusive result for 100ms"), 0u) << health(kOne).why;
}

/// A backend that was UP, goes DOWN at once, and is well again: one change before its return.
class FlapTest : public CheckerTest {
protected:
    void begin() {
        spec.pools["web"].check->fall = 1;
        spec.pools["web"].check->timeout = 2s;  // so that it fails only when it is told to
        add(kOne, backend.endpoint());
        start();
        ASSERT_TRUE(until_state(kOne, HealthState::up));
        const auto looked = Loop::now() + 300ms;  // by then lbd has looked at the clock
        ASSERT_TRUE(until([&] { return Loop::now() > looked; }));
        is_sick = true;
        ASSERT_TRUE(until_state(kOne, HealthState::down));
        is_sick = false;
        ASSERT_TRUE(until([&] { return health(kOne).state != HealthState::down; }));
    }
    bool comes_back_from(HealthState state) {
        return until_state(kOne, HealthState::up) && transitions.back().before == state;
    }
    std::atomic<bool> is_sick = false;
    Backend backend{[this](Connection& connection) {
        connection.hear();
        connection.say(is_sick ? "HTTP/1.1 500 Sick\r\n\r\n" : ok());
    }};
};

TEST_F(FlapTest, AReturnWaitsAfterTheChangesThatItsPoolPutsUpWith) {
    spec.pools["web"].flap_threshold = 1;
    begin();
    EXPECT_EQ(health(kOne).state, HealthState::held_down);
}

TEST_F(FlapTest, ChangesCountWithinTheWindowOfThePool) {
    spec.pools["web"].flap_threshold = 1;
    spec.pools["web"].flap_window = 1ms;  // the return takes longer: two passes
    begin();
    EXPECT_TRUE(comes_back_from(HealthState::down));
}

TEST_F(FlapTest, AReturnWaitsAsLongAsItsPoolSays) {
    spec.pools["web"].flap_threshold = 1;
    spec.pools["web"].hold_down = 100ms;
    begin();
    EXPECT_TRUE(comes_back_from(HealthState::held_down));
}

TEST_F(FlapTest, AReturnWaitsNoLongerThanItsPoolSays) {
    spec.pools["web"].flap_threshold = 1;
    spec.pools["web"].hold_down = 1h;
    spec.pools["web"].hold_down_max = 100ms;
    begin();
    EXPECT_TRUE(comes_back_from(HealthState::held_down));
}

TEST_F(FlapTest, ASilenceIsAsLongAsTheNewConfigurationSays) {
    spec.pools["web"].check->stale_after = 1h;
    begin();
    ASSERT_TRUE(until_state(kOne, HealthState::up));
    ASSERT_EQ(kill(test::prober(), SIGSTOP), 0);
    spec.pools["web"].check->stale_after = 400ms;
    checker->configure(spec, {});
    const auto enough = Loop::now() + 1500ms;  // before a prober that hangs is replaced
    until([&] { return health(kOne).state == HealthState::stale || Loop::now() > enough; });
    EXPECT_EQ(health(kOne).state, HealthState::stale);
}

// --------------------------------------------------------------------------- pools without a check

/// From now on its pool is not checked.
void waive(Pool& pool) {
    Check waiver;
    waiver.type = CheckType::none;
    waiver.reason = "moving";
    waiver.until = parse_date("2026-12-20");
    pool.check = waiver;
}

TEST_F(CheckerTest, ACheckThatGoesHealsNobodyAndTriesNothing) {
    const Target two{{"web"}, "two"};
    Backend backend{answers(ok())};
    add(kOne, backend.endpoint());
    add(two, backend.endpoint());
    start(test::lbd_check(),
          {{two, {HealthState::down, HealthVerdict::down, {}, "as before", {}, {}}}});
    ASSERT_TRUE(until_state(kOne, HealthState::up));
    const auto quick = spec.pools["web"].check;
    const auto was = spec;
    waive(spec.pools["web"]);
    checker->configure(spec, inherit(checker->view(), was, spec));
    EXPECT_EQ(health(kOne).state, HealthState::unchecked);
    EXPECT_EQ(health(kOne).verdict, HealthVerdict::up);
    EXPECT_EQ(health(kOne).why, "not checked until 2026-12-20: moving");
    EXPECT_EQ(health(two).state, HealthState::unchecked);
    EXPECT_EQ(health(two).verdict, HealthVerdict::down);
    EXPECT_EQ(health(two).why, "not checked until 2026-12-20: moving; it was DOWN: as before");
    EXPECT_EQ(checker->problem(), "");
    Backend other{answers(ok())};
    spec.pools["api"].check = quick;
    add({{"api"}, "three"}, other.endpoint());
    checker->configure(spec, {});
    const auto others = [&](int count) {
        return until([&] { return other.connections() >= count; });
    };
    ASSERT_TRUE(others(2));  // what was in flight is over
    const int connections = backend.connections();
    ASSERT_TRUE(others(5));
    EXPECT_EQ(backend.connections(), connections);
}

TEST_F(CheckerTest, ACheckThatComesDecides) {
    Backend backend{answers(ok())};
    add(kOne, backend.endpoint());
    const auto check = spec.pools["web"].check;
    waive(spec.pools["web"]);
    const auto was = spec;
    start(test::lbd_check(),
          {{kOne, {HealthState::unchecked, HealthVerdict::down, {}, "as before", {}, {}}}});
    EXPECT_EQ(health(kOne).why, "as before");
    spec.pools["web"].check = check;
    checker->configure(spec, inherit(checker->view(), was, spec));
    EXPECT_EQ(health(kOne).state, HealthState::down);
    EXPECT_EQ(health(kOne).why, "checked again, its last verdict stands");
    EXPECT_TRUE(until_state(kOne, HealthState::up));
}

TEST_F(CheckerTest, APersonsWordIsForTheUncheckedOnly) {
    Backend backend{answers(ok())};
    add(kOne, backend.endpoint());
    spec.pools["web"].check->rise = 10;
    start(test::lbd_check(),
          {{kOne, {HealthState::down, HealthVerdict::down, {}, "as before", {}, {}}}});
    EXPECT_FALSE(checker->vouch(kOne, "I have seen it"));
    waive(spec.pools["web"]);
    checker->configure(spec, {});
    EXPECT_TRUE(checker->vouch(kOne, "I have seen it"));
    EXPECT_EQ(health(kOne).state, HealthState::unchecked);
    EXPECT_EQ(health(kOne).verdict, HealthVerdict::up);
    EXPECT_EQ(health(kOne).why, "as before; I have seen it");
    EXPECT_FALSE(checker->vouch({{"web"}, "nobody"}, "x"));
}

TEST_F(CheckerTest, AProbeTellsWhatHappenedAndCountsForNothing) {
    Backend backend{answers("HTTP/1.1 503 Sorry\r\nX-Why: \x07\r\n\r\n")};
    add(kOne, backend.endpoint());
    spec.pools["web"].check->interval = 60s;
    spec.pools["web"].check->fast_interval = 60s;  // its own first attempt comes later
    spec.pools["web"].check->timeout = 2s;
    start();
    std::optional<Result<ProbeView>> probed;
    checker->probe(kOne, [&](Result<ProbeView> view) { probed = view; });
    ASSERT_TRUE(until([&] { return probed.has_value(); }));
    ASSERT_TRUE(*probed) << probed->error().what;
    const auto& view = **probed;
    EXPECT_EQ(view.id, kOne.id());
    EXPECT_EQ(view.target, "http://" + backend.endpoint().text() + "/");
    EXPECT_EQ(describe(view.result), "backend.status 503");
    EXPECT_NE(view.transcript.find("< X-Why: \\x07\n"), std::string::npos) << view.transcript;
    EXPECT_EQ(health(kOne).state, HealthState::checking);
    EXPECT_FALSE(health(kOne).last);
}

TEST_F(CheckerTest, AProbeOfAnUnknownBackendIsAnError) {
    start();
    std::string error;
    checker->probe({{"web"}, "nobody"}, [&](Result<ProbeView> view) { error = view.error().what; });
    EXPECT_EQ(error, "backend web/nobody has no check");
}

/// Ten megabytes of headers, again and again: the prober's memory does not grow.
}  // namespace
}  // namespace lb::health
