// SPDX-License-Identifier: Apache-2.0
/// Maglev's table: which backend each slot belongs to while everybody is well.
///
/// Eisenbud et al., "Maglev: A Fast and Reliable Software Network Load Balancer" (NSDI 2016),
/// section 3.4.  Integers only; a pure function of the set of members, the size and the seed: the
/// same on every host, whatever the order of the members.  The hashed names are an interface:
/// renaming a backend moves its slots, giving it another address does not.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/siphash.hpp"

namespace lb::plan {

struct Member {
    std::string name;
    std::uint32_t weight = 0;  ///< turns per round, relative to the largest; 0: no slot
    auto operator<=>(const Member&) const = default;
};

inline constexpr std::uint32_t kNobody = 0xffffffff;

/// For each of `size` slots (a prime) the ordinal of its member in `members`; kNobody when all
/// weights are 0.  Of n members one with
/// share s gets s * size slots, give or take 1 + n * s.
std::vector<std::uint32_t> maglev(std::span<const Member> members, std::uint32_t size,
                                  const Seed& seed);

}  // namespace lb::plan
