// SPDX-License-Identifier: Apache-2.0
#include "plan/maglev.hpp"

#include <algorithm>
#include <numeric>

namespace lb::plan {
namespace {

/// One member's walk over all slots: start, start + step, ... modulo the prime size.
struct Walk {
    std::uint32_t ordinal;
    std::uint32_t weight;
    std::uint32_t next;
    std::uint32_t step;
    std::uint32_t credit = 0;

    std::uint32_t advance(std::uint32_t size) {
        const auto here = next;
        next += step;  // both are below the size, far from 2^32
        if (next >= size) next -= size;
        return here;
    }
};

std::vector<Walk> walks(std::span<const Member> members, std::uint32_t size, const Seed& seed) {
    std::vector<std::uint32_t> order(members.size());
    std::iota(order.begin(), order.end(), 0U);
    std::sort(order.begin(), order.end(),
              [&](std::uint32_t a, std::uint32_t b) { return members[a].name < members[b].name; });
    std::vector<Walk> result;
    for (const auto ordinal : order) {
        const auto& [name, weight] = members[ordinal];
        if (weight == 0) continue;
        const auto start = siphash(seed, "maglev offset " + name) % size;
        const auto step = siphash(seed, "maglev skip " + name) % (size - 1) + 1;
        result.push_back(
            {ordinal, weight, static_cast<std::uint32_t>(start), static_cast<std::uint32_t>(step)});
    }
    return result;
}

}  // namespace

std::vector<std::uint32_t> maglev(std::span<const Member> members, std::uint32_t size,
                                  const Seed& seed) {
    std::vector<std::uint32_t> table(size, kNobody);
    auto turns = walks(members, size, seed);
    if (turns.empty()) return table;
    const auto heaviest = std::max_element(turns.begin(), turns.end(), [](auto& a, auto& b) {
                              return a.weight < b.weight;
                          })->weight;
    for (std::uint32_t filled = 0;;)
        for (auto& walk : turns) {
            walk.credit += walk.weight;
            if (walk.credit < heaviest) continue;
            walk.credit -= heaviest;
            auto slot = walk.advance(size);
            while (table[slot] != kNobody)
                slot = walk.advance(size);
            table[slot] = walk.ordinal;
            if (++filled == size) return table;
        }
}

}  // namespace lb::plan
