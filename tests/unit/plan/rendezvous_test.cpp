// SPDX-License-Identifier: Apache-2.0
#include "plan/rendezvous.hpp"

#include <array>
#include <cmath>

#include <gtest/gtest.h>

namespace lb::plan {
namespace {

TEST(MinusLog2, IsWithinAMillionthOfTheRealLogarithm) {
    for (std::uint64_t hash = 1; hash < ~std::uint64_t{0} / 3; hash = hash * 3 + 1) {
        const double real = 64 - std::log2(static_cast<double>(hash) + 1);
        EXPECT_NEAR(static_cast<double>(minus_log2(hash)) / (1 << 24), real, 3e-6) << hash;
    }
}

TEST(MinusLog2, FallsAsTheHashGrowsAndIsNeverZero) {
    EXPECT_EQ(minus_log2(0), std::uint64_t{64} << 24);
    EXPECT_GE(minus_log2(~std::uint64_t{0}), 1U);
    EXPECT_GE(minus_log2(~std::uint64_t{0} - 1), 1U);
    std::uint64_t last = minus_log2(0);
    for (std::uint64_t hash = 1; hash < ~std::uint64_t{0} / 2; hash *= 2) {
        EXPECT_LT(minus_log2(hash), last);
        last = minus_log2(hash);
    }
}

TEST(Rendezvous, SharesByWeight) {
    const std::array<std::uint32_t, 3> weights{100, 50, 10};
    const std::array<std::uint64_t, 3> names{11, 22, 33};
    std::array<int, 3> won{};
    constexpr int kPlaces = 100000;
    for (std::uint32_t slot = 0; slot < kPlaces; ++slot) {
        std::size_t best = 0;
        for (std::size_t i = 1; i < 3; ++i)
            if (better(score(names[i], weights[i], slot), score(names[best], weights[best], slot)))
                best = i;
        ++won[best];
    }
    for (std::size_t i = 0; i < 3; ++i) {
        const double p = weights[i] / 160.0;
        EXPECT_NEAR(won[i], kPlaces * p, 5 * std::sqrt(kPlaces * p * (1 - p))) << i;
    }
}

}  // namespace
}  // namespace lb::plan
