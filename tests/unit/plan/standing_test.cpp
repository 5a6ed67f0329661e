// SPDX-License-Identifier: Apache-2.0
#include "plan/standing.hpp"

#include <gtest/gtest.h>

#include "unit/plan/second.hpp"

namespace lb::plan {
namespace {

Standing open_pool() {
    Standing standing;
    standing.mode = PoolMode::fail_open;
    return standing;
}

/// A pool "web" with the backends a and b.
struct Pair {
    Pair() {
        pool.backends["a"];
        pool.backends["b"];
        say("a", HealthVerdict::up);
        say("b", HealthVerdict::up);
    }
    void say(const std::string& backend, HealthVerdict verdict) {
        auto& its = health[{{"web"}, backend}];
        its.state = state_of(verdict);
        its.verdict = verdict;
    }
    Standing stand(const Standing& before = {}) const {
        return plan::stand({"web"}, pool, health, overrides, before, now);
    }
    /// From one standing to the next.
    Standing& go_on() { return standing = stand(standing); }

    Nanoseconds now = kSecond;
    Standing standing;
    Pool pool;
    HealthView health;
    Overrides overrides;
};

TEST(Standing, AnUpBackendIsEligible) {
    const auto standing = Pair{}.stand();
    EXPECT_EQ(standing.mode, PoolMode::normal);
    EXPECT_EQ(standing.healthy, 2);
    EXPECT_TRUE(standing.backends.at("a").eligible);
    EXPECT_EQ(standing.backends.at("a").entry, LB_BACKEND_READY);
}

TEST(Standing, ABackendThatNeverConcludedIsNot) {
    Pair world;
    world.say("a", HealthVerdict::none);
    EXPECT_FALSE(world.stand().backends.at("a").eligible);
    EXPECT_EQ(world.stand().backends.at("a").entry, LB_BACKEND_OFF);
    world.health.clear();
    EXPECT_FALSE(world.stand().backends.at("a").eligible);
}

TEST(ChangesOfMode, AreTheFrontsThatStandOtherwise) {
    const Front known{"web"}, fresh{"new"}, same{"api"};
    const auto changes = changes_of_mode({{known, open_pool()}, {same, open_pool()}},
                                         {{known, {}}, {fresh, open_pool()}, {same, open_pool()}});
    ASSERT_EQ(changes.size(), 2U);
    EXPECT_EQ(changes.at(known).before, PoolMode::fail_open);
    EXPECT_EQ(changes.at(known).after, PoolMode::normal);
    EXPECT_EQ(changes.at(fresh).before, PoolMode::normal) << "nobody was without it";
    EXPECT_EQ(changes.at(fresh).after, PoolMode::fail_open);
}

TEST(ChangesOfMode, KnowWhoIsGoneIfItWasNotNormal) {
    const auto changes = changes_of_mode({{{"web"}, open_pool()}, {{"api"}, {}}}, {});
    ASSERT_EQ(changes.size(), 1U);
    EXPECT_FALSE(changes.at({"web"}).after);
}

TEST(Standing, ADownBackendIsOff) {
    Pair world;
    world.say("a", HealthVerdict::down);
    EXPECT_FALSE(world.stand().backends.at("a").eligible);
    EXPECT_EQ(world.stand().backends.at("a").entry, LB_BACKEND_OFF);
    EXPECT_EQ(world.stand().healthy, 1);
}

/// INV-6.
TEST(Standing, AllDownOpensThePoolToEveryReadyBackendThatConcluded) {
    Pair world;
    world.say("a", HealthVerdict::down);
    world.say("b", HealthVerdict::down);
    const auto standing = world.stand();
    EXPECT_EQ(standing.mode, PoolMode::fail_open);
    EXPECT_TRUE(standing.backends.at("a").eligible);
    EXPECT_TRUE(standing.backends.at("b").eligible);
}

TEST(Standing, AllDownClosesThePoolIfItIsToldTo) {
    Pair world;
    world.pool.all_down = AllDown::fail_closed;
    world.say("a", HealthVerdict::down);
    world.say("b", HealthVerdict::down);
    EXPECT_EQ(world.stand().mode, PoolMode::fail_closed);
    EXPECT_FALSE(world.stand().backends.at("a").eligible);
}

TEST(Standing, ThePoolDoesNotOpenWhileABackendIsStillChecking) {
    Pair world;
    world.say("a", HealthVerdict::down);
    world.say("b", HealthVerdict::none);
    EXPECT_EQ(world.stand().mode, PoolMode::normal);
    EXPECT_FALSE(world.stand().backends.at("a").eligible);
}

TEST(Standing, AnOpenPoolStaysOpenWhenANewBackendJoins) {
    Pair world;
    world.say("a", HealthVerdict::down);
    world.say("b", HealthVerdict::none);
    EXPECT_EQ(world.stand(open_pool()).mode, PoolMode::fail_open);
    EXPECT_TRUE(world.stand(open_pool()).backends.at("a").eligible);
    EXPECT_FALSE(world.stand(open_pool()).backends.at("b").eligible);
}

TEST(Standing, HalfOfThePoolEndsIt) {
    Pair world;
    world.say("a", HealthVerdict::down);
    EXPECT_EQ(world.stand(open_pool()).mode, PoolMode::normal);
    EXPECT_FALSE(world.stand(open_pool()).backends.at("a").eligible);
}

TEST(Standing, DrainAndMaintAreNeverEligibleNotEvenInFailOpen) {
    Pair world;
    world.overrides[{"web", "a"}] = AdminState::drain;
    EXPECT_EQ(world.stand().backends.at("a").entry, LB_BACKEND_DRAIN);
    EXPECT_FALSE(world.stand().backends.at("a").eligible);
    EXPECT_EQ(world.stand().ready, 1);
    world.overrides[{"web", "a"}] = AdminState::maint;
    EXPECT_EQ(world.stand().backends.at("a").entry, LB_BACKEND_OFF);
    world.say("b", HealthVerdict::down);
    EXPECT_EQ(world.stand().mode, PoolMode::fail_open);
    EXPECT_FALSE(world.stand().backends.at("a").eligible);
}

TEST(Standing, AnOverrideWinsOverTheFile) {
    Pair world;
    world.pool.backends["a"].state = AdminState::maint;
    EXPECT_FALSE(world.stand().backends.at("a").eligible);
    world.overrides[{"web", "a"}] = AdminState::ready;
    EXPECT_TRUE(world.stand().backends.at("a").eligible);
}

TEST(Standing, ReadyDoesNotHeal) {
    Pair world;
    world.say("a", HealthVerdict::down);
    world.overrides[{"web", "a"}] = AdminState::ready;
    EXPECT_FALSE(world.stand().backends.at("a").eligible);
}

TEST(Standing, ABackendWithoutWeightDoesNotKeepThePoolNormal) {
    Pair world;
    world.pool.backends["b"].weight = 0;
    world.say("a", HealthVerdict::down);
    EXPECT_EQ(world.stand().mode, PoolMode::fail_open);  // else all slots would drop
}

TEST(Standing, AStaleBackendKeepsWhatItHad) {
    Pair world;
    world.health[{{"web"}, "a"}].state = HealthState::stale;
    EXPECT_TRUE(world.stand().backends.at("a").eligible);
    world.say("b", HealthVerdict::down);
    world.health[{{"web"}, "b"}].state = HealthState::stale;
    EXPECT_FALSE(world.stand().backends.at("b").eligible);
}

TEST(Standing, AStaleBackendThatNeverConcludedIsForFailOpenOnly) {
    Pair world;
    world.say("a", HealthVerdict::none);
    world.health[{{"web"}, "a"}].state = HealthState::stale;
    EXPECT_FALSE(world.stand().backends.at("a").eligible);
    world.say("b", HealthVerdict::down);
    EXPECT_EQ(world.stand().mode, PoolMode::fail_open);
    EXPECT_TRUE(world.stand().backends.at("a").eligible);
}

// ----------------------------------------------------------------------------------- min_healthy

/// "web" with ten backends, so many of which are up.
Pair ten(int up) {
    Pair world;
    world.pool.backends.clear();
    for (int i = 0; i < 10; ++i) {
        const auto name = std::string(1, static_cast<char>('a' + i));
        world.pool.backends[name];
        world.say(name, i < up ? HealthVerdict::up : HealthVerdict::down);
    }
    return world;
}

int eligible(const Standing& standing) {
    int count = 0;
    for (const auto& [name, backend] : standing.backends)
        count += backend.eligible;
    return count;
}

TEST(Standing, BelowTheFloorAllDownDecides) {
    auto world = ten(3);
    world.pool.min_healthy = {3, false};
    EXPECT_EQ(eligible(world.stand()), 3);
    world.pool.min_healthy = {4, false};
    EXPECT_EQ(world.stand().mode, PoolMode::fail_open);
    EXPECT_EQ(eligible(world.stand()), 10);
    world.pool.all_down = AllDown::fail_closed;
    EXPECT_EQ(world.stand().mode, PoolMode::fail_closed);
    EXPECT_EQ(eligible(world.stand()), 0);
}

TEST(Standing, AClosedPoolKeepsTheConnectionsOfHealthyBackends) {
    auto world = ten(1);
    world.pool.min_healthy = {2, false};
    world.pool.all_down = AllDown::fail_closed;
    EXPECT_EQ(world.stand().backends.at("a").entry, LB_BACKEND_DRAIN);
    EXPECT_EQ(world.stand().backends.at("b").entry, LB_BACKEND_OFF);
}

TEST(Standing, APercentageOfTheReadyOnesIsRoundedUp) {
    EXPECT_EQ((Floor{30, true}.of(10)), 3);
    EXPECT_EQ((Floor{31, true}.of(10)), 4);
    EXPECT_EQ((Floor{1, true}.of(0)), 1);
    auto world = ten(3);
    world.pool.min_healthy = {50, true};
    EXPECT_EQ(world.stand().floor, 5);
    for (const char* name : {"g", "h", "i", "j"})
        world.overrides[{"web", name}] = AdminState::maint;
    EXPECT_EQ(world.stand().floor, 3);
    EXPECT_EQ(world.stand().mode, PoolMode::normal);
}

TEST(Standing, FailOpenLastsUntilManyAreHealthyAgain) {  // INV-20
    auto world = ten(0);
    EXPECT_EQ(world.go_on().mode, PoolMode::fail_open);
    for (int up = 1; up < 5; ++up) {
        world.say(std::string(1, static_cast<char>('a' + up - 1)), HealthVerdict::up);
        EXPECT_EQ(eligible(world.go_on()), 10) << up;
    }
    world.say("e", HealthVerdict::up);
    EXPECT_EQ(world.go_on().mode, PoolMode::normal);
    EXPECT_EQ(eligible(world.standing), 5);
}

/// INV-20.
TEST(Standing, FailOpenEndsWhenTheFloorHasHeldForLong) {
    auto world = ten(0);
    world.go_on();
    world.say("a", HealthVerdict::up);
    world.go_on();
    world.now += 59 * kSecond;
    EXPECT_EQ(later(world.go_on(), world.pool, world.now).mode, PoolMode::fail_open);
    world.now += kSecond;
    const auto after = later(world.standing, world.pool, world.now);
    EXPECT_EQ(after.mode, PoolMode::normal);
    EXPECT_EQ(eligible(after), 1);
    EXPECT_EQ(world.go_on().mode, PoolMode::normal);
}

TEST(Standing, TheFloorHasToHoldWithoutABreak) {
    auto world = ten(0);
    world.go_on();
    world.say("a", HealthVerdict::up);
    world.go_on();
    world.now += 30 * kSecond;
    world.say("a", HealthVerdict::down);
    world.go_on();
    world.say("a", HealthVerdict::up);
    world.go_on();
    world.now += 59 * kSecond;
    EXPECT_EQ(later(world.standing, world.pool, world.now).mode, PoolMode::fail_open);
}

TEST(Standing, TheExitOfFailOpenIsConfigurable) {
    auto world = ten(0);
    world.pool.fail_open_exit_percent = 20;
    world.pool.fail_open_exit_after = milliseconds{5000};
    world.go_on();
    world.say("a", HealthVerdict::up);
    EXPECT_EQ(world.go_on().mode, PoolMode::fail_open);
    EXPECT_EQ(later(world.standing, world.pool, world.now + 5 * kSecond).mode, PoolMode::normal);
    world.say("b", HealthVerdict::up);
    EXPECT_EQ(world.go_on().mode, PoolMode::normal);
}

TEST(Standing, FailOpenWaitsForThoseWhoMayBeOnTheirWayBack) {
    auto world = ten(0);
    world.pool.check.emplace();  // 2.1 s to the first pass, 1 s to the second, 1 s for its answer
    world.go_on();
    for (const char* name : {"a", "b", "c", "d", "e"})
        world.say(name, HealthVerdict::up);
    EXPECT_EQ(world.go_on().mode, PoolMode::fail_open);
    world.now += 4 * kSecond;
    EXPECT_EQ(later(world.go_on(), world.pool, world.now).mode, PoolMode::fail_open);
    world.now += kSecond / 10;
    EXPECT_EQ(eligible(later(world.standing, world.pool, world.now)), 5);
    EXPECT_EQ(world.go_on().mode, PoolMode::normal);
}

TEST(Standing, FailOpenWaitsForNobodyIfAllAreBack) {
    auto world = ten(0);
    world.pool.check.emplace();
    ASSERT_EQ(world.go_on().mode, PoolMode::fail_open);
    for (const auto& [name, backend] : world.pool.backends)
        world.say(name, HealthVerdict::up);
    EXPECT_EQ(world.go_on().mode, PoolMode::normal);
}

TEST(Standing, AnOpenPoolClosesWhenItIsToldTo) {
    auto world = ten(0);
    ASSERT_EQ(world.go_on().mode, PoolMode::fail_open);
    world.pool.all_down = AllDown::fail_closed;
    EXPECT_EQ(world.go_on().mode, PoolMode::fail_closed);
}

TEST(Standing, AClosedPoolOpensAtTheFloor) {
    auto world = ten(0);
    world.pool.all_down = AllDown::fail_closed;
    EXPECT_EQ(world.go_on().mode, PoolMode::fail_closed);
    world.say("a", HealthVerdict::up);
    EXPECT_EQ(world.go_on().mode, PoolMode::normal);
}

/// Blue and green: half of a pool waits for its turn.
TEST(Standing, WhoHasNoWeightIsNotAmongThoseWhoCouldBeHealthy) {
    auto world = ten(10);
    for (const char* name : {"a", "b", "c", "d", "e"})
        world.pool.backends[name].weight = 0;
    EXPECT_EQ(world.stand().ready, 5);
    EXPECT_EQ(world.stand().healthy, 5);
    world.pool.min_healthy = {50, true};
    EXPECT_EQ(world.stand().floor, 5) << "of all that are ready: the stricter";
}

// ---------------------------------------------------------------------------------------- backup

TEST(Standing, ABackupServesWhileTheOthersAreTooFew) {
    auto world = ten(10);
    world.pool.min_healthy = {2, false};
    for (const char* name : {"i", "j"})
        world.pool.backends[name].backup = true;
    EXPECT_EQ(eligible(world.stand()), 8);
    EXPECT_EQ(world.stand().ready, 8) << "backups do not count where they do not serve";
    EXPECT_EQ(world.stand().backends.at("i").entry, LB_BACKEND_DRAIN) << "it keeps what it has";
    for (const char* name : {"b", "c", "d", "e", "f", "g", "h"})
        world.say(name, HealthVerdict::down);
    const auto standing = world.stand();
    EXPECT_EQ(standing.mode, PoolMode::normal);
    EXPECT_EQ(eligible(standing), 3) << "a, i, j";
    EXPECT_EQ(standing.healthy, 3);
}

}  // namespace
}  // namespace lb::plan
