// SPDX-License-Identifier: Apache-2.0
#include "plan/slots.hpp"

#include <unordered_map>

#include "plan/rendezvous.hpp"

namespace lb::plan {
namespace {

std::uint32_t best_for(std::uint32_t position, std::span<const Candidate> takers) {
    const Candidate* best = nullptr;
    Score best_score;
    for (const auto& candidate : takers) {
        const auto its = score(candidate.name_hash, candidate.weight, position);
        if (best && !better(its, best_score)) continue;
        best = &candidate;
        best_score = its;
    }
    return best ? best->index : LB_SLOT_NONE;
}

}  // namespace

std::vector<std::uint32_t> wanted(std::span<const std::uint32_t> home,
                                  std::span<const Candidate> candidates) {
    std::vector<Candidate> takers;
    std::unordered_map<std::uint32_t, bool> eligible;
    for (const auto& candidate : candidates) {
        eligible[candidate.index] = candidate.eligible;
        if (candidate.eligible && candidate.weight > 0) takers.push_back(candidate);
    }
    std::vector<std::uint32_t> result(home.begin(), home.end());
    if (takers.size() == candidates.size()) return result;
    for (std::uint32_t position = 0; position < result.size(); ++position)
        if (const auto found = eligible.find(result[position]);
            found == eligible.end() || !found->second)
            result[position] = best_for(position, takers);
    return result;
}

std::uint64_t retarget(std::uint64_t slot, std::uint32_t backend) {
    return slot_backend(slot) == backend ? slot : stable_slot(backend);
}

std::vector<SlotWrite> moves(std::span<const std::uint64_t> slots,
                             std::span<const std::uint32_t> wanted) {
    std::vector<SlotWrite> writes;
    for (std::uint32_t position = 0; position < slots.size(); ++position)
        if (const auto word = retarget(slots[position], wanted[position]); word != slots[position])
            writes.push_back({position, word});
    return writes;
}

}  // namespace lb::plan
