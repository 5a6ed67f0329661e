// SPDX-License-Identifier: Apache-2.0
/// Deeds: what was done to pools, by changes, ways back and words, and which pools it may have
/// harmed, as far as the log tells.  Pure.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "model/event.hpp"

namespace lb::events {

/// After a deed; later harm has another cause more likely.
constexpr std::chrono::minutes kSoon{10};

/// Nothing: it may be any.
using Pools = std::optional<std::set<std::string>>;

/// Of a change those that its differences name; any, if one is of more than a pool: of `node`,
/// `http`, or a vip, whose words may not tell which pool it has; or if it has none.  Of a word
/// about a backend its pool.
Pools pools_of(const Event& deed);

/// `pool` "": this host, or all of them.
bool may_concern(const Pools& pools, const std::string& pool);

/// Of a person, about a backend; a note does nothing.
bool is_word(const Event& event);

/// By lbd itself.
bool is_undo(const Event& event);

bool is_soon_after(const Event* before, const Event& event);

/// Those of one log, which they point into, in its order.
class Deeds {
public:
    void add(const Event& event);  ///< passed over if it is none
    const Event* publication(std::uint64_t generation) const;
    bool may_concern(const Event* deed, const std::string& pool) const;

    /// The last that is to blame for harm to a pool.  Of changes before an undo none is.
    const Event* cause_of(const Event& harm) const;
    const Event* undo_before(const Event& harm) const;

private:
    Pools pools_of(const Event& deed) const;

    std::map<const Event*, Pools> deeds_;
    std::map<std::uint64_t, const Event*> published_;
};

}  // namespace lb::events
