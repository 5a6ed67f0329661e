// SPDX-License-Identifier: Apache-2.0
#include "plan/homes.hpp"

#include <gtest/gtest.h>

namespace lb::plan {
namespace {

const std::vector<Member> kBoth{{"a", 1}, {"b", 1}}, kHeavier{{"a", 1}, {"b", 2}};

TEST(Homes, AreMaglevs) {
    Homes homes{Seed{3}};
    EXPECT_EQ(homes.of(1, kBoth, 4093), maglev(kBoth, 4093, Seed{3}));
    EXPECT_EQ(homes.of(1, kHeavier, 4093), maglev(kHeavier, 4093, Seed{3}));
    EXPECT_EQ(homes.of(1, kBoth, 16381), maglev(kBoth, 16381, Seed{3}));
    EXPECT_EQ(homes.size(), 3);
}

TEST(Homes, AreMadeOnceForEqualPools) {
    Homes homes{Seed{3}};
    EXPECT_EQ(&homes.of(1, kBoth, 4093), &homes.of(1, kBoth, 4093));
    EXPECT_EQ(homes.size(), 1);
}

TEST(Homes, OfTheGenerationBeforeStay) {
    Homes homes{Seed{3}};
    const auto* first = &homes.of(1, kBoth, 4093);
    homes.keep(1);
    homes.of(2, kHeavier, 4093);
    homes.keep(2);
    homes.keep(2);  // a repair publishes again what runs
    EXPECT_EQ(&homes.of(3, kBoth, 4093), first);
    homes.keep(3);
    EXPECT_EQ(homes.size(), 2);
}

TEST(Homes, OfOlderOnesGo) {
    Homes homes{Seed{3}};
    homes.of(1, kBoth, 4093);
    homes.keep(1);
    for (const std::uint64_t generation : {2u, 3u}) {
        homes.of(generation, kHeavier, 4093);
        homes.keep(generation);
    }
    EXPECT_EQ(homes.size(), 1);
}

}  // namespace
}  // namespace lb::plan
