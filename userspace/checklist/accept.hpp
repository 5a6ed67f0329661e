// SPDX-License-Identifier: Apache-2.0
/// accept: one named exception from a rule about changes: --accept LB701:web --reason TEXT.
///
/// Narrow on purpose (safety.md 4.6): one rule, one object, one change.  No wildcard, no list; one
/// that matches nothing is an error, for whoever wrote it expects something else to happen.  What
/// it let pass may last longer than that: lasts().
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/finding.hpp"
#include "model/spec.hpp"

namespace lb::checklist {

struct Accept {
    std::string rule;    ///< "LB701"
    std::string object;  ///< the name alone: "web"

    std::string text() const { return rule + ":" + object; }
};

/// "LB701:web"; nothing: that is none.
std::optional<Accept> parse_accept(const std::string& text);

struct Guarded {
    Findings refused;                  ///< nobody has accepted these errors
    Findings accepted;                 ///< somebody has
    std::vector<std::string> useless;  ///< accepts that match nothing
};

Guarded guard(const Findings& findings, const std::vector<Accept>& accepts);

/// Whether its rule is about how things are: what it lets pass goes on when the change is done.
bool lasts(const Accept& accept);

/// ... and whether it does so in `now`: had that come after `before`, the rule would object.  To
/// have no check (LB701) and a weaker one (LB702) are one thing: what ends either ends both.
bool lasts(const Accept& accept, const Spec& before, const Spec& now);

/// "--accept LB701:web --accept LB702:api --reason TEXT": what would let these through; empty:
/// nothing would.
std::string flags_for(const Findings& refused);

}  // namespace lb::checklist
