// SPDX-License-Identifier: Apache-2.0
/// lb_hash against its definition, written a second time from RFC 4418 and the finaliser's text.
#include "bpf/hash.h"

#include <cstdint>
#include <cstring>

#include <gtest/gtest.h>

#include "support/random.hpp"

namespace lb::test {
namespace {

template <class Struct>
Struct any(std::mt19937_64& random) {
    Struct value{};
    auto* bytes = reinterpret_cast<unsigned char*>(&value);
    for (std::size_t i = 0; i < sizeof value; ++i)
        bytes[i] = static_cast<unsigned char>(random());
    return value;
}

/// RFC 4418, 5.2.2: sum of (M_i + K_i mod 2^32) * (M_i+1 + K_i+1 mod 2^32), here over pairs.
std::uint64_t nh(const lb_flow& flow, const lb_hash_keys& keys) {
    std::uint32_t message[10];
    std::memcpy(message, &flow, sizeof message);
    std::uint64_t sum = 0;
    for (int i = 0; i < 10; i += 2) {
        const std::uint64_t left = (std::uint64_t{message[i]} + keys.word[i]) % (1ull << 32);
        const std::uint64_t right =
            (std::uint64_t{message[i + 1]} + keys.word[i + 1]) % (1ull << 32);
        sum += left * right;
    }
    return sum;
}

std::uint64_t finalised(std::uint64_t value) {
    for (const std::uint64_t factor : {0xff51afd7ed558ccdull, 0xc4ceb9fe1a85ec53ull})
        value = (value ^ value >> 33) * factor;
    return value ^ value >> 33;
}

TEST(Hash, IsNhAndThenTheFinaliser) {
    auto random = seeded_random();
    for (int i = 0; i < 10000; ++i) {
        const auto flow = any<lb_flow>(random);
        const auto keys = any<lb_hash_keys>(random);
        ASSERT_EQ(lb_hash(&flow, &keys), finalised(nh(flow, keys) + keys.last));
    }
}

TEST(Hash, DependsOnEveryBitOfAFlow) {
    auto random = seeded_random();
    const auto flow = any<lb_flow>(random);
    const auto keys = any<lb_hash_keys>(random);
    for (std::size_t bit = 0; bit < 8 * sizeof flow; ++bit) {
        auto other = flow;
        reinterpret_cast<unsigned char*>(&other)[bit / 8] ^=
            static_cast<unsigned char>(1u << bit % 8);
        EXPECT_NE(lb_hash(&flow, &keys), lb_hash(&other, &keys)) << "bit " << bit;
    }
}

TEST(Position, StaysBelowTheSizeAndReachesBothEnds) {
    for (const std::uint32_t size : {1u, 13u, 16381u, 65537u, 0xffffffu}) {
        EXPECT_EQ(lb_position(0, size), 0u);
        EXPECT_EQ(lb_position(~0ull, size), size - 1);
    }
}

}  // namespace
}  // namespace lb::test
