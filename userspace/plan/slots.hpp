// SPDX-License-Identifier: Apache-2.0
/// Which backend each slot wants, and the stores that bring it there.
///
/// A slot belongs to its home backend (Maglev).  While that one is not eligible the slot goes to
/// the eligible backend that suits it best (rendezvous).  So a failure moves exactly the slots of
/// the failed backend, its return moves exactly those back, and a settled table is a pure function
/// of home table and eligible set.
#pragma once

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
};

/// The wanted backend index per slot; LB_SLOT_NONE where nobody is eligible.
std::vector<std::uint32_t> wanted(std::span<const std::uint32_t> home,
                                  std::span<const Candidate> candidates);

/// What a slot's word becomes when it wants `backend`.  (The MOVING state joins here.)
std::uint64_t retarget(std::uint64_t slot, std::uint32_t backend);

/// The stores that turn `slots` into `wanted`, in slot order; slots that stay are not named.
std::vector<SlotWrite> moves(std::span<const std::uint64_t> slots,
                             std::span<const std::uint32_t> wanted);

}  // namespace lb::plan
