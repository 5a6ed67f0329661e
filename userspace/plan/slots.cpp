// SPDX-License-Identifier: Apache-2.0
#include "plan/slots.hpp"

#include <algorithm>
#include <utility>

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

/// `takers` in the order of their weights: of each weight only the luckiest needs a logarithm.
std::uint32_t best_for(std::uint32_t position, std::span<const Candidate> takers) {
    std::uint32_t best = LB_SLOT_NONE;
    Score best_score;
    for (auto it = takers.begin(); it != takers.end();) {
        const auto* luckiest = &*it;
        std::uint64_t most = 0;
        for (const auto weight = it->weight; it != takers.end() && it->weight == weight; ++it)
            if (const auto its = luck(it->name_hash, position); its > most) {
                most = its;
                luckiest = &*it;
            }
        const auto its = score(luckiest->name_hash, luckiest->weight, position);
        if (best != LB_SLOT_NONE && !better(its, best_score)) continue;
        best = luckiest->index;
        best_score = its;
    }
    return best;
}

/// The candidates by index, and those of them that may take a slot that is not theirs.
struct Field {
    std::vector<const Candidate*> by_index;
    std::vector<Candidate> takers;    // whole or not
    std::vector<Candidate> finished;  // those that do not start slowly

    explicit Field(std::span<const Candidate> candidates) {
        for (const auto& candidate : candidates) {
            if (candidate.index >= by_index.size()) by_index.resize(candidate.index + 1);
            by_index[candidate.index] = &candidate;
            if (!candidate.eligible || candidate.weight == 0) continue;
            takers.push_back(candidate);
            if (candidate.share >= Candidate::kWhole) finished.push_back(candidate);
        }
        std::ranges::stable_sort(takers, {}, &Candidate::weight);
        std::ranges::stable_sort(finished, {}, &Candidate::weight);
    }
    const Candidate* eligible(std::uint32_t index) const {
        const auto* found = index < by_index.size() ? by_index[index] : nullptr;
        return found && found->eligible ? found : nullptr;
    }
    /// For a slot whose home cannot, or does not yet, take it.
    std::uint32_t stand_in(std::uint32_t position) const {
        return best_for(position, finished.empty() ? takers : finished);
    }
};

bool has(const Usable& usable, std::uint32_t index) {
    return index < usable.size() && usable[index];
}

/// Inline, and with as few guesses as can be: a way back asks for a million of them.
inline std::uint64_t turned(std::uint64_t slot, std::uint32_t backend, const Usable& usable) {
    const auto cur = slot_backend(slot);
    const bool is_on_its_way = is_moving(slot);
    const auto before = is_on_its_way && has(usable, slot_prev(slot)) ? slot_prev(slot) : cur;
    const auto prev = has(usable, before) ? before : backend;
    return is_on_its_way || prev != backend ? moving_slot(backend, prev) : stable_slot(backend);
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
    return turned(slot, backend, usable);
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

bool move(std::span<std::uint64_t> slots, std::span<const std::uint32_t> wanted,
          const Usable& usable) {
    bool begin = false;
    for (std::uint32_t position = 0; position < slots.size(); ++position) {
        auto& slot = slots[position];
        const auto old = std::exchange(slot, turned(slot, wanted[position], usable));
        begin |= holds_back(slot) && !holds_back(old);
    }
    return begin;
}

}  // namespace lb::plan
