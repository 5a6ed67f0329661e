// SPDX-License-Identifier: Apache-2.0
/// Uncompared: lbd starts with a store that does not know what ran, and the maps forward already.
/// What it begins with comes from the file, and no rule about changes has seen what it takes the
/// place of; the maps know some of that.  So everybody is told, until somebody confirms it, or a
/// generation after it is confirmed.  Pure.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "model/tables.hpp"

namespace lb::change {

class Uncompared {
public:
    /// `told`: what people are told; empty: all that runs was compared.  It outlives us, and lbd:
    /// whoever changes it by us writes it down.
    explicit Uncompared(std::string& told) : told_{told} {}

    /// What the maps forward to, before the first publication.
    void look(const Layout& layout);
    /// What does now: what left is in the maps still.  True: there is something to be told.
    bool begin(const Tables& now, const std::string& state_folder);
    /// Somebody has looked at it, or it is over.  False: there was nothing.
    bool end();

    bool is_over() const { return told_.empty(); }
    const std::string& what() const { return told_; }
    /// For a person, with the way out; empty: it is over.
    std::string problem() const;

private:
    std::string& told_;
    std::set<VipKey> vips_;
    std::set<std::uint64_t> backends_;  ///< identities
};

}  // namespace lb::change
