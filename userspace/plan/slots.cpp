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

/// `yes` if `flag` is 1, `no` if it is 0.
constexpr std::uint64_t pick(std::uint64_t flag, std::uint64_t yes, std::uint64_t no) {
    return no ^ ((no ^ yes) & -flag);
}

/// What a word becomes, and whether its slot begins to hold flows back: 0 or 1.
struct Turn {
    std::uint64_t word = 0;
    std::uint64_t begins = 0;
};

/// No branch: a way back asks for a million of them, and half of the guesses would be wrong.
inline Turn turned(std::uint64_t slot, std::uint32_t backend, const Usable& usable) {
    const std::uint64_t cur = slot_backend(slot);
    const std::uint64_t was_moving = is_moving(slot);
    const auto before = pick(was_moving & usable.of(slot_prev(slot)), slot_prev(slot), cur);
    const auto prev = static_cast<std::uint32_t>(pick(usable.of(before), before, backend));
    const std::uint64_t holds = prev != backend;
    const std::uint64_t held = was_moving & std::uint64_t{slot_prev(slot) != cur};
    return {pick(was_moving | holds, moving_slot(backend, prev), stable_slot(backend)),
            holds & ~held};
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
    return turned(slot, backend, usable).word;
}

std::uint64_t settled(std::uint64_t slot) {
    return is_moving(slot) ? moving_slot(slot_backend(slot), slot_backend(slot)) : slot;
}

Moves moves(std::span<const std::uint64_t> slots, std::span<const std::uint32_t> wanted,
            const Usable& usable) {
    Moves result;
    for (std::uint32_t position = 0; position < slots.size(); ++position) {
        const auto [word, begins] = turned(slots[position], wanted[position], usable);
        if (word == slots[position]) continue;
        result.writes.push_back({position, word});
        result.begin |= begins != 0;
    }
    return result;
}

bool move(std::span<std::uint64_t> slots, std::span<const std::uint32_t> wanted,
          const Usable& usable) {
    std::uint64_t begin = 0;
    for (std::size_t position = 0; position < slots.size(); ++position) {
        const auto [word, begins] = turned(slots[position], wanted[position], usable);
        slots[position] = word;
        begin |= begins;
    }
    return begin != 0;
}

}  // namespace lb::plan
