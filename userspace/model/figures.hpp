// SPDX-License-Identifier: Apache-2.0
/// Figures: a moment of lbd in numbers, from which metrics/ makes its text.
///
/// A copy: who has one may read it in another thread.  Counters begin with lbd, those of packets
/// with the maps.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/durations.hpp"
#include "model/view.hpp"

namespace lb {

/// What the checks of a backend said, at all addresses of its vips.
struct CheckCounts {
    std::array<std::uint64_t, 3> results{};  ///< by Outcome
    /// Of results that are no pass.
    std::array<std::uint64_t, static_cast<std::size_t>(CheckReason::count)> reasons{};
};

struct TargetFigures {
    std::uint64_t transitions = 0;  ///< changes of its health state
    WallTime heard_at{};            ///< of its last conclusive result; no time: it had none
};

struct CheckFigures {
    std::map<BackendId, CheckCounts> backends;
    std::map<Target, TargetFigures> targets;
    std::map<std::string, Durations> pools;  ///< of conclusive attempts
    Durations lag;                           ///< how late the loop ran a timer
    std::uint64_t restarts = 0;              ///< of lbd-check
};

/// A backend as a vip sees it.
struct BackendFigures {
    std::string backend;
    HealthState health = HealthState::checking;
    AdminState admin = AdminState::ready;
    WallTime admin_since{};  ///< no time: it is what the configuration says
    bool eligible = false;
    int weight = 0;
    TargetFigures checks;
    Count count;                  ///< this and the rest: of all vips at the same address together
    std::uint64_t new_flows = 0;  ///< SYNs of clients
    Handshakes handshakes;
};

struct VipFigures {
    std::string name;
    std::string pool;
    std::string mode;
    int ready = 0;
    int healthy = 0;
    int floor = 1;        ///< min_healthy
    double coverage = 0;  ///< 0..1
    Count count;
    bool is_first =
        true;  ///< of the vips at its address: the one that tells their backends' counts
    std::vector<BackendFigures> backends;
    std::string config_hash{};  ///< of what decides where its connections go
};

struct PoolFigures {
    std::string name;
    std::optional<Date> unchecked_until;  ///< the last day; nothing: it is checked
};

struct Figures {
    std::string version;
    std::uint64_t generation = 0;
    std::string config_hash;
    std::vector<VipFigures> vips;
    std::vector<PoolFigures> pools;
    std::vector<VerdictView> verdicts;
    CheckerState checker = CheckerState::ok;
    CheckFigures checks;
    Readiness::Obstacle obstacle = Readiness::Obstacle::none;
    std::vector<InterfaceView> interfaces{};
};

}  // namespace lb
