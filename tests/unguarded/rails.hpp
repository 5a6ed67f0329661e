// SPDX-License-Identifier: Apache-2.0
/// Guard rails that are off, by the environment: LBD_RAILS_OFF="rules plan R1".
///
///     rules      about a file: LB0xx to LB5xx
///     plan       about a change, before anything is tried: LB7xx and LB8xx
///     preflight  about a change, tried: LB704, LB705
///     host       about a host: LB505 to LB507, LB6xx, LB803, LB804
///     fleet      about several hosts: LB9xx
///     R1 ... R5  what the verify window looks for
///
/// Nothing said: all of them, but for the verify window (design.md 7).
#pragma once

#include <cstdlib>
#include <sstream>
#include <string>
#include <string_view>

namespace lb::unguarded {

inline bool is_off(std::string_view rail) {
    const auto* said = std::getenv("LBD_RAILS_OFF");
    std::istringstream words{said ? said : "rules plan preflight host fleet"};
    for (std::string word; words >> word;)
        if (word == rail) return true;
    return false;
}

}  // namespace lb::unguarded
