// SPDX-License-Identifier: Apache-2.0
#include "plan/maglev.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <random>

#include <gtest/gtest.h>

namespace lb::plan {
namespace {

constexpr Seed kSeed{1, 2, 3};

std::vector<Member> backends(int count, std::uint32_t weight = 100) {
    std::vector<Member> members;
    for (int i = 0; i < count; ++i)
        members.push_back({"web-" + std::to_string(i), weight});
    return members;
}

std::map<std::string, int> slots_by_name(const std::vector<Member>& members, std::uint32_t size,
                                         const Seed& seed = kSeed) {
    std::map<std::string, int> count;
    for (const auto ordinal : maglev(members, size, seed))
        ++count[members.at(ordinal).name];
    return count;
}

TEST(Maglev, GivesEqualWeightsTheSameNumberOfSlotsExceptOne) {
    for (const int n : {1, 2, 3, 7, 64, 100}) {
        const auto count = slots_by_name(backends(n), 16381);
        for (const auto& [name, slots] : count)
            EXPECT_NEAR(slots, 16381.0 / n, 1.0) << name;
        EXPECT_EQ(count.size(), static_cast<std::size_t>(n));
    }
}

TEST(Maglev, GivesWeightsTheirShare) {
    const auto seed = std::random_device{}();
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::mt19937 random{seed};
    for (int round = 0; round < 20; ++round) {
        auto members = backends(2 + static_cast<int>(random() % 30));
        double sum = 0;
        for (auto& member : members)
            sum += member.weight = 1 + static_cast<std::uint32_t>(random() % 1000);
        auto count = slots_by_name(members, 65537);
        // Turns are whole: one slot of a member's own, and its share of everybody's remainders.
        for (const auto& member : members) {
            const double share = member.weight / sum;
            const double bound = 1 + static_cast<double>(members.size()) * share;
            EXPECT_NEAR(count[member.name], 65537 * share, bound) << member.name;
        }
    }
}

TEST(Maglev, DoesNotCareAboutTheOrderOfItsInput) {
    auto members = backends(50);
    for (std::uint32_t i = 0; i < members.size(); ++i)
        members[i].weight = 10 + i;
    const auto sorted = maglev(members, 4093, kSeed);
    auto shuffled = members;
    std::mt19937 random{7};
    for (int round = 0; round < 10; ++round) {
        std::shuffle(shuffled.begin(), shuffled.end(), random);
        const auto table = maglev(shuffled, 4093, kSeed);
        for (std::size_t i = 0; i < table.size(); ++i)
            ASSERT_EQ(shuffled[table[i]].name, members[sorted[i]].name) << "slot " << i;
    }
}

TEST(Maglev, MovesFewSlotsOfOthersWhenOneIsAdded) {
    const auto before = backends(20);
    const auto after = backends(21);
    const auto old_table = maglev(before, 65537, kSeed);
    const auto new_table = maglev(after, 65537, kSeed);
    int moved = 0;
    for (std::size_t i = 0; i < old_table.size(); ++i)
        if (new_table[i] != 20 && new_table[i] != old_table[i]) ++moved;
    EXPECT_LT(moved, 65537 * 3 / 100);  // NSDI'16, figure 12: a few per cent
}

TEST(Maglev, IsAnotherTableWithAnotherSeed) {
    const auto members = backends(4);
    EXPECT_NE(maglev(members, 4093, kSeed), maglev(members, 4093, Seed{9}));
}

TEST(Maglev, LeavesEverySlotEmptyWithoutWeights) {
    for (const auto& members : {backends(3, 0), backends(0)})
        for (const auto slot : maglev(members, 4093, kSeed))
            ASSERT_EQ(slot, kNobody);
}

TEST(Maglev, KeepsAPermanentTable) {
    // The fleet agrees on slots without talking: another answer here breaks every running fleet.
    const auto table = maglev(backends(5), 4093, kSeed);
    std::string bytes;
    for (const auto slot : table)
        bytes += static_cast<char>('0' + slot);
    EXPECT_EQ(siphash(Seed{}, bytes), 13348115023956602602ULL);
}

}  // namespace
}  // namespace lb::plan
