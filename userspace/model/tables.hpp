// SPDX-License-Identifier: Apache-2.0
/// What the maps hold: what they should (Tables, made by plan/) and what they do (Layout, kept by
/// dataplane/).  Numbers and indexes are those of bpf/abi.h.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "bpf/abi.h"
#include "model/health.hpp"
#include "model/spec.hpp"

namespace lb {

/// A moment of CLOCK_MONOTONIC (which is Clock), or a time between two; 0: none.
using Nanoseconds = std::uint64_t;

/// What a packet must be addressed to.
struct VipKey {
    Address address;
    PortRange ports;
    Protocol protocol = Protocol::tcp;
    auto operator<=>(const VipKey&) const = default;
};

/// One backend entry.  `birth` is the generation that gave it the index.
struct BackendEntry {
    Target target;
    std::uint32_t index = 0;
    std::uint32_t birth = 0;  ///< 24 bits, never 0
    std::uint64_t identity = 0;
    Address address;
    ForwardMode forward = ForwardMode::ipip;
    lb_backend_state state = LB_BACKEND_OFF;
    HealthVerdict health = HealthVerdict::none;
    Nanoseconds drain_until = 0;    ///< 0: it does not drain
    Nanoseconds drain_timeout = 0;  ///< of its pool, for the day that it leaves
};

/// A backend that the configuration does not name any more, while it still has flows.
struct LeavingEntry {
    std::uint64_t identity = 0;
    std::uint32_t index = 0;
    lb_backend_state state = LB_BACKEND_DRAIN;
    Nanoseconds drain_until = 0;
};

/// Who may come, the longest prefix decides; empty: everybody.  Else ::/0 is in it.
using SourceList = std::map<Prefix, bool>;

/// One vip with a complete half of slots.
struct VipEntry {
    std::string name;
    VipKey key;
    std::uint32_t number = 0;
    std::uint32_t base = 0;        ///< first slot of half 0; half 1 follows
    std::uint32_t size = 0;        ///< slots of one half
    std::uint32_t flags = 0;       ///< enum lb_vip_flag, but those of the source list
    Nanoseconds moving_since = 0;  ///< when the last slot began to move
    bool echo = false;
    SourceList sources;
    std::vector<std::uint32_t> home;   ///< Maglev: the backend index each slot belongs to
    std::vector<std::uint64_t> slots;  ///< words to be written
};

/// Everything the maps should hold in one generation.
struct Tables {
    std::uint64_t generation = 0;
    bool drop_unmatched = false;
    std::vector<BackendEntry> backends;
    std::vector<LeavingEntry> leaving;
    std::vector<VipEntry> vips;
    std::vector<BackendEntry> guests{};  ///< OFF, or leaving; no slot names them (plan::Guest)
};

/// Where things lie in the maps now.  An index that is retired but not yet free is still in here.
struct Layout {
    struct Vip {
        std::uint32_t number = 0;
        std::uint32_t base = 0;
        std::uint32_t size = 0;
        std::vector<std::uint64_t> slots;  ///< the active half
        Nanoseconds moving_since = 0;
        std::uint32_t flags = 0;  ///< as in its word
        SourceList sources{};
    };
    struct Backend {
        std::uint32_t index = 0;
        std::uint32_t birth = 0;
        HealthVerdict health = HealthVerdict::none;
        lb_backend_state state = LB_BACKEND_OFF;
        Nanoseconds drain_until = 0;
        Nanoseconds drain_timeout = 0;
    };
    Limits limits;
    std::uint64_t generation = 0;
    std::map<VipKey, Vip> vips;
    std::unordered_map<std::uint64_t, Backend> backends;  ///< by identity
    std::set<std::uint32_t> retiring;  ///< indexes that nobody has, and are not free yet
};

/// One store into the active half of a vip.
struct SlotWrite {
    std::uint32_t position = 0;
    std::uint64_t word = 0;
};

/// Packets and bytes of a vip or backend, summed over CPUs.
struct Count {
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;
};

/// A slot at rest.
constexpr std::uint64_t stable_slot(std::uint32_t backend) {
    return std::uint64_t{backend} | std::uint64_t{LB_SLOT_NONE} << LB_SLOT_PREV_SHIFT |
           std::uint64_t{LB_SLOT_NONE} << LB_SLOT_PREV2_SHIFT;
}

/// A slot that moves from `prev` to `cur`; where they are the same it settles: what is remembered
/// counts, nothing more is.
constexpr std::uint64_t moving_slot(std::uint32_t cur, std::uint32_t prev) {
    return std::uint64_t{cur} | std::uint64_t{prev} << LB_SLOT_PREV_SHIFT |
           std::uint64_t{LB_SLOT_NONE} << LB_SLOT_PREV2_SHIFT |
           std::uint64_t{LB_SLOT_MOVING} << LB_SLOT_STATE_SHIFT;
}

constexpr std::uint32_t slot_backend(std::uint64_t word) {
    return static_cast<std::uint32_t>(word & LB_SLOT_INDEX_MASK);
}

constexpr std::uint32_t slot_prev(std::uint64_t word) {
    return static_cast<std::uint32_t>(word >> LB_SLOT_PREV_SHIFT & LB_SLOT_INDEX_MASK);
}

constexpr bool is_moving(std::uint64_t word) {
    return (word >> LB_SLOT_STATE_SHIFT & 1) == LB_SLOT_MOVING;
}

/// Moves, and flows that nobody remembers still belong to `prev`.
constexpr bool holds_back(std::uint64_t word) {
    return is_moving(word) && slot_prev(word) != slot_backend(word);
}

/// The keys that the flow hash uses, SipHash of "lbd hash key N" under the seed; no budgets.
lb_hash_keys hash_keys(const Seed& seed);

const char* text(lb_backend_state state);  ///< "off", "drain", "ready"

}  // namespace lb
