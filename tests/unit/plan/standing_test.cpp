// SPDX-License-Identifier: Apache-2.0
#include "plan/standing.hpp"

#include <gtest/gtest.h>

namespace lb::plan {
namespace {

/// A pool "web" with the backends a and b.
struct World {
    World() {
        pool.backends["a"];
        pool.backends["b"];
        say("a", HealthState::up);
        say("b", HealthState::up);
    }
    void say(const std::string& backend, HealthState state) {
        health[{"web", backend}].state = state;
    }
    Standing stand(PoolMode before = PoolMode::normal) {
        return plan::stand("web", pool, health, overrides, before);
    }
    Pool pool;
    HealthView health;
    Overrides overrides;
};

TEST(Standing, AnUpBackendIsEligible) {
    const auto standing = World{}.stand();
    EXPECT_EQ(standing.mode, PoolMode::normal);
    EXPECT_EQ(standing.healthy, 2);
    EXPECT_TRUE(standing.backends.at("a").eligible);
    EXPECT_EQ(standing.backends.at("a").entry, LB_BACKEND_READY);
}

TEST(Standing, ABackendThatNeverConcludedIsNot) {
    World world;
    world.say("a", HealthState::checking);
    EXPECT_FALSE(world.stand().backends.at("a").eligible);
    EXPECT_EQ(world.stand().backends.at("a").entry, LB_BACKEND_OFF);
    world.health.clear();
    EXPECT_FALSE(world.stand().backends.at("a").eligible);
}

TEST(Standing, ADownBackendIsOff) {
    World world;
    world.say("a", HealthState::down);
    EXPECT_FALSE(world.stand().backends.at("a").eligible);
    EXPECT_EQ(world.stand().backends.at("a").entry, LB_BACKEND_OFF);
    EXPECT_EQ(world.stand().healthy, 1);
}

TEST(Standing, AllDownOpensThePoolToEveryReadyBackendThatConcluded) {
    World world;
    world.say("a", HealthState::down);
    world.say("b", HealthState::down);
    const auto standing = world.stand();
    EXPECT_EQ(standing.mode, PoolMode::fail_open);
    EXPECT_TRUE(standing.backends.at("a").eligible);
    EXPECT_TRUE(standing.backends.at("b").eligible);
}

TEST(Standing, AllDownClosesThePoolIfItIsToldTo) {
    World world;
    world.pool.all_down = AllDown::fail_closed;
    world.say("a", HealthState::down);
    world.say("b", HealthState::down);
    EXPECT_EQ(world.stand().mode, PoolMode::fail_closed);
    EXPECT_FALSE(world.stand().backends.at("a").eligible);
}

TEST(Standing, ThePoolDoesNotOpenWhileABackendIsStillChecking) {
    World world;
    world.say("a", HealthState::down);
    world.say("b", HealthState::checking);
    EXPECT_EQ(world.stand().mode, PoolMode::normal);
    EXPECT_FALSE(world.stand().backends.at("a").eligible);
}

TEST(Standing, AnOpenPoolStaysOpenWhenANewBackendJoins) {
    World world;
    world.say("a", HealthState::down);
    world.say("b", HealthState::checking);
    EXPECT_EQ(world.stand(PoolMode::fail_open).mode, PoolMode::fail_open);
    EXPECT_TRUE(world.stand(PoolMode::fail_open).backends.at("a").eligible);
    EXPECT_FALSE(world.stand(PoolMode::fail_open).backends.at("b").eligible);
}

TEST(Standing, TheFirstHealthyBackendEndsIt) {
    World world;
    world.say("a", HealthState::down);
    EXPECT_EQ(world.stand(PoolMode::fail_open).mode, PoolMode::normal);
    EXPECT_FALSE(world.stand(PoolMode::fail_open).backends.at("a").eligible);
}

TEST(Standing, DrainAndMaintAreNeverEligibleNotEvenInFailOpen) {
    World world;
    world.overrides[{"web", "a"}] = AdminState::drain;
    EXPECT_EQ(world.stand().backends.at("a").entry, LB_BACKEND_DRAIN);
    EXPECT_FALSE(world.stand().backends.at("a").eligible);
    EXPECT_EQ(world.stand().ready, 1);
    world.overrides[{"web", "a"}] = AdminState::maint;
    EXPECT_EQ(world.stand().backends.at("a").entry, LB_BACKEND_OFF);
    world.say("b", HealthState::down);
    EXPECT_EQ(world.stand().mode, PoolMode::fail_open);
    EXPECT_FALSE(world.stand().backends.at("a").eligible);
}

TEST(Standing, AnOverrideWinsOverTheFile) {
    World world;
    world.pool.backends["a"].state = AdminState::maint;
    EXPECT_FALSE(world.stand().backends.at("a").eligible);
    world.overrides[{"web", "a"}] = AdminState::ready;
    EXPECT_TRUE(world.stand().backends.at("a").eligible);
}

TEST(Standing, ReadyDoesNotHeal) {
    World world;
    world.say("a", HealthState::down);
    world.overrides[{"web", "a"}] = AdminState::ready;
    EXPECT_FALSE(world.stand().backends.at("a").eligible);
}

TEST(Standing, ABackendWithoutWeightDoesNotKeepThePoolNormal) {
    World world;
    world.pool.backends["b"].weight = 0;
    world.say("a", HealthState::down);
    EXPECT_EQ(world.stand().mode, PoolMode::fail_open);  // else all slots would drop
}

}  // namespace
}  // namespace lb::plan
