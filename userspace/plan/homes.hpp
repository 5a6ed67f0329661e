// SPDX-License-Identifier: Apache-2.0
/// Homes: Maglev's tables of the last two generations.
///
/// To make those of 100 vips takes longer than the rest of a publication, and the way back is in a
/// hurry: what ran before is remembered.  Pools whose backends have the same names and weights
/// share a table.
#pragma once

#include <map>
#include <utility>

#include "plan/maglev.hpp"

namespace lb::plan {

class Homes {
public:
    explicit Homes(const Seed& seed) : seed_{seed} {}

    /// maglev(members, size, seed), for a vip of `generation`; good until the next keep().
    const std::vector<std::uint32_t>& of(std::uint64_t generation, std::vector<Member> members,
                                         std::uint32_t size);
    /// `generation` runs: what neither it nor the one before it has asked for is forgotten.
    void keep(std::uint64_t generation);
    std::size_t size() const { return tables_.size(); }

private:
    struct Table {
        std::vector<std::uint32_t> home;
        std::uint64_t last = 0;  // generation that has asked for it
    };
    Seed seed_;
    std::map<std::pair<std::uint32_t, std::vector<Member>>, Table> tables_;  // by size and members
    std::uint64_t running_ = 0;
    std::uint64_t before_ = 0;
};

}  // namespace lb::plan
