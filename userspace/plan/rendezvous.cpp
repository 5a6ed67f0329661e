// SPDX-License-Identifier: Apache-2.0
#include "plan/rendezvous.hpp"

#include <array>
#include <bit>

namespace lb::plan {
namespace {

constexpr int kFraction = 24;
constexpr int kTableBits = 8;

/// log2(1 + i/256) with 24 fractional bits, bit by bit: squaring a number doubles its logarithm.
constexpr std::uint64_t log2_of_mantissa(std::uint64_t mantissa_q32) {
    std::uint64_t result = 0;
    for (int bit = kFraction - 1; bit >= 0; --bit) {
        // 1.0 <= mantissa < 2.0 in 32.32; its square is below 4.0.
        mantissa_q32 = (mantissa_q32 >> 1) * (mantissa_q32 >> 1) >> 30;
        if (mantissa_q32 < (std::uint64_t{2} << 32)) continue;
        mantissa_q32 >>= 1;
        result |= std::uint64_t{1} << bit;
    }
    return result;
}

constexpr auto kLog2 = [] {
    std::array<std::uint64_t, (1 << kTableBits) + 1> table{};
    for (std::uint64_t i = 0; i < table.size() - 1; ++i)
        table[i] = log2_of_mantissa((std::uint64_t{1} << 32) + (i << (32 - kTableBits)));
    table.back() = std::uint64_t{1} << kFraction;
    return table;
}();

}  // namespace

std::uint64_t minus_log2(std::uint64_t hash) {
    if (hash == ~std::uint64_t{0}) return 1;
    const auto value = hash + 1;
    const int exponent = 63 - std::countl_zero(value);
    const auto mantissa = exponent == 63 ? value << 1 : value << (63 - exponent) << 1;
    const auto index = mantissa >> (64 - kTableBits);
    const auto rest = mantissa << kTableBits >> 40;  // the next 24 bits
    const auto step = kLog2[index + 1] - kLog2[index];
    const auto log = (static_cast<std::uint64_t>(exponent) << kFraction) + kLog2[index] +
                     (step * rest >> kFraction);
    const auto cost = (std::uint64_t{64} << kFraction) - log;
    return cost == 0 ? 1 : cost;
}

Score score(std::uint64_t member_hash, std::uint32_t weight, std::uint32_t position) {
    const auto hash = luck(member_hash, position);
    return {minus_log2(hash), weight, hash};
}

bool better(const Score& a, const Score& b) {
    // costs are below 2^31, weights below 2^32
    const auto left = std::uint64_t{a.weight} * b.cost;
    const auto right = std::uint64_t{b.weight} * a.cost;
    return left != right ? left > right : a.tie > b.tie;
}

}  // namespace lb::plan
