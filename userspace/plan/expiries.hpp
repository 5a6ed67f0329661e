// SPDX-License-Identifier: Apache-2.0
/// Expiries: when the overrides that people gave an end (`--for`) are over.
///
/// Pure: both clocks come in.  The wall clock says once, when an override is first seen (said just
/// now, or read after a restart), how much of it is left.  From then on only the monotonic clock
/// counts, so that a step of the wall clock ends nothing (INV-22).
#pragma once

#include <optional>
#include <vector>

#include "base/loop.hpp"
#include "model/memory.hpp"

namespace lb::plan {

class Expiries {
public:
    /// Exactly those of `overrides` that end.  One that is known, with the same end, goes on.
    void follow(const std::map<BackendId, Override>& overrides, WallTime wall, Time now);

    /// When the first of them is over; nothing: none ends.
    std::optional<Time> next() const;
    std::vector<BackendId> over(Time now) const;

private:
    struct Expiry {
        WallTime until;
        Time at;
    };
    std::map<BackendId, Expiry> expiries_;
};

}  // namespace lb::plan
