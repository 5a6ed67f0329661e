// SPDX-License-Identifier: Apache-2.0
/// Coverage: of how many backends lbd knows by a check, now.
///
/// Pure.  A state says what was known last; this says whether somebody still looks.  safety.md 7.
#pragma once

#include <chrono>
#include <map>

#include "model/spec.hpp"
#include "model/target.hpp"

namespace lb::health {

/// How long ago the check of a target last passed or failed; who never did is not there.
using Silences = std::map<Target, std::chrono::nanoseconds>;

struct Coverage {
    int covered = 0;  ///< with a conclusive result younger than `stale_after`
    int all = 0;
    /// 0..1
    double ratio() const { return all == 0 ? 0 : static_cast<double>(covered) / all; }
    bool operator==(const Coverage&) const = default;
};

/// Of each front of `spec`.  In a pool that is not checked nobody is covered.
std::map<Front, Coverage> coverage(const Spec& spec, const Silences& silences);

}  // namespace lb::health
