// SPDX-License-Identifier: Apache-2.0
/// Pacer: rates from counters that are looked at again and again.  Pure.
#pragma once

#include <map>
#include <string>

#include "base/loop.hpp"
#include "model/activity.hpp"

namespace lb::cli {

class Pacer {
public:
    /// What `status`, as lbd said it at `time`, is since the last look.  A counter that is smaller
    /// than it was has begun anew: its rate is not known.
    ActivityView look(const Status& status, WallTime at, Time time);

private:
    using Counts = std::map<std::string, Count>;
    static Rate rate(const Counts& before, const std::string& name, const Count& now,
                     double seconds);

    Counts vips_, backends_;
    Time last_{};
};

}  // namespace lb::cli
