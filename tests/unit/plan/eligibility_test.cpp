// SPDX-License-Identifier: Apache-2.0
#include "plan/eligibility.hpp"

#include <algorithm>
#include <random>

#include <gtest/gtest.h>

namespace lb::plan {
namespace {

constexpr Nanoseconds kNow = 1'000'000'000;
constexpr int kRounds = 20'000;

template <class T>
T one_of(std::mt19937& dice, std::initializer_list<T> values) {
    return *(values.begin() + dice() % values.size());
}

/// A front of four, in any state.
Standing any(std::mt19937& dice) {
    Pool pool;
    HealthView health;
    Overrides overrides;
    pool.all_down = one_of(dice, {AllDown::fail_open, AllDown::fail_closed});
    pool.min_healthy.value = static_cast<int>(1 + dice() % 3);
    for (const char* name : {"a", "b", "c", "d"}) {
        pool.backends[name].backup = dice() % 3 == 0;
        overrides[{"web", name}] = one_of(
            dice, {AdminState::ready, AdminState::ready, AdminState::drain, AdminState::maint});
        auto& its = health[{{"web"}, name}];
        its.verdict = one_of(dice, {HealthVerdict::none, HealthVerdict::up, HealthVerdict::down});
        its.state = dice() % 4 == 0 ? HealthState::stale : state_of(its.verdict);
    }
    Standing before;
    before.mode = one_of(dice, {PoolMode::normal, PoolMode::fail_open, PoolMode::fail_closed});
    return stand({"web"}, pool, health, overrides, before, kNow);
}

/// INV-1.
TEST(Eligibility, IsThatAllTermsHold) {
    const auto seed = testing::UnitTest::GetInstance()->random_seed();
    std::mt19937 dice{static_cast<unsigned>(seed)};
    int eligible = 0;
    for (int round = 0; round < kRounds; ++round) {
        const auto standing = any(dice);
        for (const auto& [name, its] : standing.backends) {
            const auto found = terms(standing, name);
            ASSERT_EQ(std::ranges::all_of(found, &Term::holds), its.eligible)
                << "round " << round << ", mode " << text(standing.mode) << ", " << name;
            eligible += its.eligible;
        }
    }
    EXPECT_GT(eligible, kRounds / 2);
    EXPECT_LT(eligible, 4 * kRounds);
}

TEST(Eligibility, SaysWhatStandsInTheWay) {
    Pool pool;
    pool.backends["a"];
    pool.backends["b"].backup = true;
    HealthView health;
    for (const char* name : {"a", "b"}) {
        health[{{"web"}, name}].state = HealthState::up;
        health[{{"web"}, name}].verdict = HealthVerdict::up;
    }
    const auto standing = stand({"web"}, pool, health, {}, {}, kNow);
    const auto found = terms(standing, "b");
    ASSERT_EQ(found.size(), 3u);
    EXPECT_TRUE(found[0].holds && found[1].holds);
    EXPECT_EQ(found[2].name, "backup");
    EXPECT_FALSE(found[2].holds);
    EXPECT_EQ(terms(standing, "a").size(), 2u);
}

}  // namespace
}  // namespace lb::plan
