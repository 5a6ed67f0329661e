// SPDX-License-Identifier: Apache-2.0
/// Flow entries as a walk over the table finds them, and what it found in all.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <set>

#include "model/tables.hpp"

namespace lb {

/// One entry beside the words that it depends on, as they are at that moment.
struct FlowSighting {
    lb_flow_kind kind = LB_FLOW_SEEN;
    std::uint32_t index = 0;
    std::uint32_t birth = 0;
    std::uint32_t idle_seconds = 0;
    bool intact = true;               ///< tag and flow agree
    std::uint64_t slot = 0;           ///< its slot's word; stable_slot(LB_SLOT_NONE): it has none
    bool tracks_always = false;       ///< its vip does
    std::uint32_t current_birth = 0;  ///< of the entry at `index`, 0: nobody's
    lb_backend_state state = LB_BACKEND_OFF;
    int fill_percent = 0;  ///< of the table
};

enum class FlowFate {
    removed,  ///< nobody needs it
    expired,  ///< nobody has used it for long; it stays if somebody does in this very moment
    kept,
    foreign,  ///< kept, and its slot may not rest: another backend than the slot's has the flow
};

using FlowJudge = std::function<FlowFate(const FlowSighting&)>;

/// One complete walk.
struct FlowReport {
    std::uint32_t entries = 0;  ///< that stay
    std::uint32_t capacity = 0;
    std::uint32_t removed = 0;
    std::array<std::uint32_t, LB_FLOW_DATAGRAM + 1> by_kind{};  ///< that stay
    std::map<std::uint32_t, std::uint32_t> by_backend;          ///< that stay, by index
    std::set<std::uint32_t> foreign;  ///< places (base + position) with foreign entries
    std::chrono::milliseconds took{0};
};

/// What became of flows while a vip's slots moved, since it exists.
struct FlowCounts {
    std::uint64_t inserted = 0;
    std::uint64_t refused = 0;
    std::uint64_t rerouted = 0;
};

}  // namespace lb
