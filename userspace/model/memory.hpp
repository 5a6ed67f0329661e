// SPDX-License-Identifier: Apache-2.0
/// What lbd must remember over a restart and a reboot, beside the configuration.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "model/health.hpp"
#include "model/spec.hpp"

namespace lb {

/// An admin state that a person set over the file's.
struct Override {
    AdminState state = AdminState::ready;
    std::string reason;
    WallTime since{};
    unsigned uid = 0;
    WallTime until{};  ///< what people are told; no time: until somebody says otherwise

    bool ends() const { return until != WallTime{}; }
    /// From `since` to `until`, as it was asked for.
    milliseconds length() const;
    /// What is left of it at `now`: never more than all of it, whatever the wall clock says.
    milliseconds left(WallTime now) const;
};

struct Memory {
    std::map<BackendId, Override> overrides;
    HealthView health;  ///< state, since, why; not the last result
};

/// Who made a generation, when and why.
struct GenerationMeta {
    std::uint64_t number = 0;
    WallTime at{};
    unsigned uid = 0;
    std::string comment;
    std::string config_hash;
    std::vector<std::string> accepted{};  ///< "LB701:web": rules that were let pass
    std::string reason{};                 ///< why
    std::uint64_t rolled_back_from = 0;   ///< it undid this one; 0: it is new
    bool was_rolled_back = false;         ///< another undid it
};

}  // namespace lb
