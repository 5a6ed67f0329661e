// SPDX-License-Identifier: Apache-2.0
#include "plan/homes.hpp"

namespace lb::plan {

const std::vector<std::uint32_t>& Homes::of(std::uint64_t generation, std::vector<Member> members,
                                            std::uint32_t size) {
    const auto [found, is_new] = tables_.try_emplace({size, std::move(members)});
    auto& [key, table] = *found;
    if (is_new) table.home = maglev(key.second, size, seed_);
    table.last = generation;
    return table.home;
}

void Homes::keep(std::uint64_t generation) {
    if (generation != running_) before_ = std::exchange(running_, generation);
    std::erase_if(tables_, [&](const auto& entry) {
        const auto last = entry.second.last;
        return last != running_ && last != before_;
    });
}

}  // namespace lb::plan
