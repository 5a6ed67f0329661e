// SPDX-License-Identifier: Apache-2.0
/// Parked: backends that the configuration itself keeps from traffic (`state: drain` or `maint`),
/// and since when.  It is told of what ran, the newest first, until nothing older can matter.
/// Pure.
#pragma once

#include <map>
#include <set>

#include "model/health.hpp"
#include "model/spec.hpp"

namespace lb::checklist {

class Parked {
public:
    /// By what runs.
    explicit Parked(const Spec& running);

    /// One that ran from `at` on.
    void before(WallTime at, const Spec& spec);
    bool is_known() const { return open_.empty(); }
    const std::map<BackendId, WallTime>& since() const { return since_; }

private:
    std::set<BackendId> open_;  ///< that may have been parked for longer
    std::map<BackendId, WallTime> since_;
};

}  // namespace lb::checklist
