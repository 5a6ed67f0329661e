// SPDX-License-Identifier: Apache-2.0
/// What lbd must remember over a restart and a reboot, beside the configuration.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "model/health.hpp"
#include "model/spec.hpp"

namespace lb {

/// An admin state, or a weight, that a person set over the file's.
struct Override {
    AdminState state = AdminState::ready;  ///< of Memory::overrides
    std::string reason;
    WallTime since{};
    unsigned uid = 0;
    WallTime until{};  ///< what people are told; no time: until somebody says otherwise
    int weight = 0;    ///< of Memory::weights

    bool ends() const { return until != WallTime{}; }
    /// From `since` to `until`, as it was asked for.
    milliseconds length() const;
    /// What is left of it at `now`: never more than all of it, whatever the wall clock says.
    milliseconds left(WallTime now) const;
};

struct Memory {
    std::map<BackendId, Override> overrides;
    std::map<BackendId, Override> weights;
    HealthView health;  ///< state, since, why; not the last result
    /// Of whoever a way back has to know, while a generation is watched: who left with it, and
    /// whose check it has changed.
    struct {
        std::uint64_t generation = 0;                      ///< that is watched; 0: none is
        HealthView health;                                 ///< as they were before its publication
        std::map<BackendId, Override> overrides, weights;  ///< that ended with it
    } before_change;
};

/// How far a generation has come.  Only a confirmed one outlives lbd.
enum class GenerationState {
    verifying,    ///< published, and watched
    pending,      ///< nothing went wrong; a person has to confirm it
    confirmed,    ///< it stays
    rolled_back,  ///< another undid it
};

/// What a rule about changes had against a generation that was let pass all the same.
struct Accepted {
    std::string rule;              ///< "LB701"
    std::string object;            ///< "web", as it is called now
    std::uint64_t generation = 0;  ///< that was let pass
    WallTime at{};
    unsigned uid = 0;
    std::optional<unsigned> login_uid{};
    std::string reason{};
    std::string before{};  ///< the pools whose place `object` took, with their checks: YAML
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
    GenerationState state = GenerationState::confirmed;
    std::string why{};                    ///< of being rolled back: "R2: backend web/web-1 ..."
    std::optional<unsigned> login_uid{};  ///< who logged in, whatever sudo made of them since
    std::string change_id{};              ///< of the change elsewhere: a commit, a ticket
    WallTime confirm_by{};                ///< what people are told; no time: it confirms itself
    /// What it and those before it were let pass in spite of, and which had an effect still.
    std::vector<Accepted> in_effect{};
};

const char* text(GenerationState);  ///< "verifying", "pending", "confirmed", "rolled_back"

}  // namespace lb
