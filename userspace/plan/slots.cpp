// SPDX-License-Identifier: Apache-2.0
#include "plan/slots.hpp"

#include <unordered_map>

#include "plan/rendezvous.hpp"

namespace lb::plan {
namespace {

/// Which thousandth of the slots `position` is in, for the backend of this name.
int rank(const Candidate& candidate, std::uint32_t position) {
    return static_cast<int>(score(candidate.name_hash, 1, position).tie % Candidate::kWhole);
}

bool takes(const Candidate& candidate, std::uint32_t position) {
    return candidate.share >= Candidate::kWhole || rank(candidate, position) < candidate.share;
}

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

/// The candidates by index, and those of them that may take a slot that is not theirs.
struct Field {
    std::unordered_map<std::uint32_t, const Candidate*> by_index;
    std::vector<Candidate> takers;    // whole or not
    std::vector<Candidate> finished;  // those that do not start slowly

    explicit Field(std::span<const Candidate> candidates) {
        for (const auto& candidate : candidates) {
            by_index[candidate.index] = &candidate;
            if (!candidate.eligible || candidate.weight == 0) continue;
            takers.push_back(candidate);
            if (candidate.share >= Candidate::kWhole) finished.push_back(candidate);
        }
    }
    const Candidate* eligible(std::uint32_t index) const {
        const auto found = by_index.find(index);
        return found != by_index.end() && found->second->eligible ? found->second : nullptr;
    }
    /// For a slot whose home cannot, or does not yet, take it.
    std::uint32_t stand_in(std::uint32_t position) const {
        return best_for(position, finished.empty() ? takers : finished);
    }
};

bool has(const Usable& usable, std::uint32_t index) {
    return index < usable.size() && usable[index];
}

}  // namespace

std::vector<std::uint32_t> wanted(std::span<const std::uint32_t> home,
                                  std::span<const Candidate> candidates,
                                  std::span<const std::uint64_t> now) {
    const Field field{candidates};
    std::vector<std::uint32_t> result(home.begin(), home.end());
    if (field.finished.size() == candidates.size()) return result;
    for (std::uint32_t position = 0; position < result.size(); ++position) {
        const auto* owner = field.eligible(result[position]);
        if (owner && takes(*owner, position)) continue;
        const auto here = position < now.size() ? slot_backend(now[position]) : LB_SLOT_NONE;
        const bool stays = owner && field.eligible(here);
        result[position] = stays ? here : field.stand_in(position);
    }
    return result;
}

std::uint64_t retarget(std::uint64_t slot, std::uint32_t backend, const Usable& usable) {
    const auto cur = slot_backend(slot);
    if (!is_moving(slot)) {
        if (cur == backend) return slot;
        return has(usable, cur) ? moving_slot(backend, cur) : stable_slot(backend);
    }
    auto prev = has(usable, slot_prev(slot)) ? slot_prev(slot) : cur;
    if (!has(usable, prev)) prev = backend;
    return moving_slot(backend, prev);
}

std::uint64_t settled(std::uint64_t slot) {
    return is_moving(slot) ? moving_slot(slot_backend(slot), slot_backend(slot)) : slot;
}

Moves moves(std::span<const std::uint64_t> slots, std::span<const std::uint32_t> wanted,
            const Usable& usable) {
    Moves result;
    for (std::uint32_t position = 0; position < slots.size(); ++position) {
        const auto word = retarget(slots[position], wanted[position], usable);
        if (word == slots[position]) continue;
        result.writes.push_back({position, word});
        result.begin |= holds_back(word) && !holds_back(slots[position]);
    }
    return result;
}

}  // namespace lb::plan
