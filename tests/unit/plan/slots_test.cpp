// SPDX-License-Identifier: Apache-2.0
#include "plan/slots.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <random>

#include <gtest/gtest.h>

#include "plan/maglev.hpp"

namespace lb::plan {
namespace {

constexpr std::uint32_t kPositions = 4093;

/// A pool of backends with indexes 100, 101, ... whose slots live as in the maps.
struct Web {
    explicit Web(int count) {
        std::vector<Member> members;
        for (int i = 0; i < count; ++i) {
            const auto weight = static_cast<std::uint32_t>(50 + 10 * (i % 6));
            members.push_back({"web-" + std::to_string(i), weight});
            candidates.push_back({100 + static_cast<std::uint32_t>(i),
                                  siphash(Seed{}, members.back().name), weight, true});
        }
        home = maglev(members, kPositions, Seed{5});
        for (auto& slot : home)
            slot += 100;
        for (const auto slot : home)
            slots.push_back(stable_slot(slot));
    }

    std::vector<SlotWrite> settle() {
        // Who is not eligible is gone: nothing moves, everything jumps.
        Usable usable;
        for (const auto& candidate : candidates)
            usable.set(candidate.index, candidate.eligible);
        auto at_once = slots;
        const auto next = wanted(home, candidates, slots);
        const bool began = move(at_once, next, usable);
        const auto result = moves(slots, next, usable);
        for (const auto& [position, word] : result.writes)
            slots[position] = word;
        EXPECT_EQ(at_once, slots);
        EXPECT_EQ(began, result.begin);
        finish();
        return result.writes;
    }
    /// As if the flows of before had all ended.
    void finish() {
        for (auto& word : slots)
            word = stable_slot(slot_backend(word));
    }

    /// A slot that is elsewhere while its home is eligible.  No expectation for each: there are
    /// fifty million.
    std::optional<std::size_t> disturbed() const {
        for (std::size_t i = 0; i < kPositions; ++i) {
            const auto& owner = candidates[home[i] - 100];
            if (owner.eligible && slot_backend(slots[i]) != owner.index) return i;
        }
        return {};
    }

    std::vector<Candidate> candidates;
    std::vector<std::uint32_t> home;
    std::vector<std::uint64_t> slots;
};

TEST(Slots, AFailureMovesExactlyTheSlotsOfTheFailedBackend) {
    Web world{10};
    const auto before = world.slots;
    world.candidates[3].eligible = false;
    world.settle();
    for (std::size_t i = 0; i < kPositions; ++i) {
        if (world.home[i] == 103)
            EXPECT_NE(slot_backend(world.slots[i]), 103U);
        else
            EXPECT_EQ(world.slots[i], before[i]) << "slot " << i;
    }
}

TEST(Slots, TheSlotsOfAFailedBackendSpreadByWeight) {
    Web world{10};
    world.candidates[3].eligible = false;
    std::vector<double> got(10);
    double orphans = 0, weights = 0;
    for (const auto& [position, word] : world.settle()) {
        ++got.at(slot_backend(word) - 100);
        ++orphans;
    }
    for (const auto& candidate : world.candidates)
        if (candidate.eligible) weights += candidate.weight;
    for (std::size_t i = 0; i < 10; ++i) {
        const double p = world.candidates[i].eligible ? world.candidates[i].weight / weights : 0;
        EXPECT_NEAR(got[i], orphans * p, 5 * std::sqrt(orphans * p * (1 - p))) << i;
    }
}

TEST(Slots, AnyHistoryOfFailuresMovesNothingElseAndReturnsExactly) {
    const auto seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random{seed};
    for (int history = 0; history < 250; ++history) {
        Web world{2 + static_cast<int>(random() % 12)};
        const auto healthy = world.slots;
        for (int step = 0; step < 12; ++step) {
            auto& chosen = world.candidates[random() % world.candidates.size()];
            chosen.eligible = !chosen.eligible;
            const auto before = world.slots;
            for (const auto& [position, word] : world.settle()) {
                const auto from = slot_backend(before[position]);
                // A slot moves only off the backend that failed, or to the one that came back ...
                ASSERT_TRUE(from == chosen.index || slot_backend(word) == chosen.index ||
                            from == LB_SLOT_NONE)
                    << "slot " << position;
                ASSERT_NE(word, before[position]);
            }
            ASSERT_EQ(world.disturbed(), std::nullopt);  // ... and nobody at home ever.
        }
        for (auto& candidate : world.candidates)
            candidate.eligible = true;
        world.settle();
        ASSERT_EQ(world.slots, healthy) << "history " << history;
    }
}

TEST(Slots, TheSettledTableForgetsItsHistory) {
    Web one{8}, other{8};
    one.candidates[1].eligible = false;
    one.settle();
    one.candidates[5].eligible = false;
    one.settle();
    other.candidates[5].eligible = false;
    other.settle();
    other.candidates[1].eligible = false;
    other.settle();
    EXPECT_EQ(one.slots, other.slots);
}

TEST(Slots, NobodyEligibleLeavesNobody) {
    Web world{3};
    for (auto& candidate : world.candidates)
        candidate.eligible = false;
    world.settle();
    for (const auto word : world.slots)
        ASSERT_EQ(slot_backend(word), LB_SLOT_NONE);
}

TEST(Slots, ABackendThatStartsSlowlyTakesThatMuchOfItsOwn) {
    Web world{10};
    const auto whole = world.slots;
    world.candidates[3].eligible = false;
    world.settle();
    const auto without = world.slots;
    world.candidates[3].eligible = true;
    std::size_t before = 0;
    const auto own = std::count(world.home.begin(), world.home.end(), 103U);
    for (const int share : {100, 200, 500, 900}) {
        world.candidates[3].share = share;
        world.settle();
        std::size_t taken = 0;
        for (std::size_t i = 0; i < kPositions; ++i) {
            const bool has_it = slot_backend(world.slots[i]) == 103;
            taken += has_it;
            ASSERT_TRUE(!has_it || world.home[i] == 103);
            ASSERT_TRUE(has_it || world.slots[i] == without[i]) << "slot " << i;
        }
        const double p = share / 1000.0;
        EXPECT_NEAR(static_cast<double>(taken), static_cast<double>(own) * p,
                    5 * std::sqrt(static_cast<double>(own) * p * (1 - p)));
        EXPECT_GE(taken, before);
        before = taken;
    }
    world.candidates[3].share = Candidate::kWhole;
    world.settle();
    EXPECT_EQ(world.slots, whole);
}

TEST(Slots, ABackendThatStartsSlowlyAndAloneTakesAll) {
    Web world{2};
    world.candidates[0].eligible = false;
    world.candidates[1].share = 100;
    world.settle();
    for (const auto word : world.slots)
        ASSERT_EQ(slot_backend(word), 101U);
}

TEST(Slots, ABackendWithoutWeightTakesNoOrphan) {
    Web world{3};
    world.candidates[2].weight = 0;
    world.candidates[0].eligible = false;
    world.candidates[1].eligible = false;
    world.settle();
    for (std::size_t i = 0; i < kPositions; ++i)
        ASSERT_EQ(slot_backend(world.slots[i]), world.home[i] == 102 ? 102U : LB_SLOT_NONE);
}

}  // namespace
}  // namespace lb::plan
