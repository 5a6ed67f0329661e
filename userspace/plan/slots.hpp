// SPDX-License-Identifier: Apache-2.0
/// Which backend each slot wants, and the stores that bring it there.
///
/// A slot belongs to its home backend (Maglev).  While that one is not eligible the slot goes to
/// the eligible backend that suits it best (rendezvous).  So a failure moves exactly the slots of
/// the failed backend, its return moves exactly those back, and a settled table is a pure function
/// of home table and eligible set.
///
/// A slot whose backend may keep its flows does not jump: it moves (docs/packet.md).
///
///     STABLE(c) -> MOVING(n, c) -> MOVING(n, n) -> STABLE(n)
///        retarget()       settled()      finished by the walk over the flow table
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

#include "model/tables.hpp"

namespace lb::plan {

/// A backend that may take slots.
struct Candidate {
    std::uint32_t index = 0;      ///< in the maps
    std::uint64_t name_hash = 0;  ///< what rendezvous knows it by
    std::uint32_t weight = 0;     ///< 0: takes no foreign slot
    bool eligible = false;
    int share = kWhole;  ///< thousandths of its slots that it takes, while it starts slowly

    static constexpr int kWhole = 1000;
};

/// By index: may it have packets of the flows it knows?  (READY, DRAIN.)  Who is not named may not.
class Usable {
public:
    Usable() = default;
    explicit Usable(const std::vector<bool>& flags) {
        for (std::uint32_t index = 0; index < flags.size(); ++index)
            set(index, flags[index]);
    }
    void set(std::uint32_t index, bool is_usable) {
        if (index + 1 >= flags_.size()) flags_.resize(index + 2);
        flags_[index] = is_usable;
    }
    /// 0 or 1; no branch: each of a million slots asks twice.
    std::uint64_t of(std::uint64_t index) const {
        return flags_[std::min<std::uint64_t>(index, flags_.size() - 1)];
    }

private:
    std::vector<unsigned char> flags_ = {0};  // the last one is that of all who are not named
};

/// The stores that bring a vip's slots to what they want.
struct Moves {
    std::vector<SlotWrite> writes;  ///< in slot order; slots that stay are not named
    bool begin = false;             ///< a slot began to hold flows back: its window starts now
};

/// The wanted backend index per slot; LB_SLOT_NONE where nobody is eligible.  `now` are the words
/// as they are: a slot that its home does not take yet stays where it is well.
std::vector<std::uint32_t> wanted(std::span<const std::uint32_t> home,
                                  std::span<const Candidate> candidates,
                                  std::span<const std::uint64_t> now);

/// What a slot's word becomes when it wants `backend`.  A `prev` that is gone is forgotten.
std::uint64_t retarget(std::uint64_t slot, std::uint32_t backend, const Usable& usable);

/// ... when its window is over: flows that nobody remembers belong to `cur` from now on.
std::uint64_t settled(std::uint64_t slot);

Moves moves(std::span<const std::uint64_t> slots, std::span<const std::uint32_t> wanted,
            const Usable& usable);
/// The same, done at once in `slots`; true: one of them began to hold flows back.
bool move(std::span<std::uint64_t> slots, std::span<const std::uint32_t> wanted,
          const Usable& usable);

}  // namespace lb::plan
