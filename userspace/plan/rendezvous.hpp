// SPDX-License-Identifier: Apache-2.0
/// Weighted rendezvous hashing: who takes a slot whose own backend is not eligible.
///
/// Thaler, Ravishankar, "Using name-based mappings to increase hit rates" (1998); weights as in
/// Schindelhauer, Schomaker, "Weighted distributed hash tables" (2005): the best is the largest
/// weight / -log(u) with u uniform in (0,1) from the hash of slot and member.  Integers only, so
/// that every host and architecture chooses alike.
#pragma once

#include <cstdint>

namespace lb::plan {

/// -log2(u) for u = (hash + 1) / 2^64, as a fixed-point number with 24 fractional bits, never 0.
std::uint64_t minus_log2(std::uint64_t hash);

/// How well a member (by the hash of its name) suits a slot; compare with better().
struct Score {
    std::uint64_t cost = 0;  ///< minus_log2
    std::uint32_t weight = 0;
    std::uint64_t tie = 0;
};

/// The hash of slot and member: of members with the same weight the largest has the best score.
/// By the finaliser of MurmurHash3 (public domain, A. Appleby).
constexpr std::uint64_t luck(std::uint64_t member_hash, std::uint32_t position) {
    auto x = member_hash + 0x9e3779b97f4a7c15 * (std::uint64_t{position} + 1);
    x = (x ^ x >> 33) * 0xff51afd7ed558ccd;
    x = (x ^ x >> 33) * 0xc4ceb9fe1a85ec53;
    return x ^ x >> 33;
}

Score score(std::uint64_t member_hash, std::uint32_t weight, std::uint32_t position);

/// weight / cost of `a` is larger than of `b`.
bool better(const Score& a, const Score& b);

}  // namespace lb::plan
