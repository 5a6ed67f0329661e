// SPDX-License-Identifier: Apache-2.0
/// SlowStart: who comes back from DOWN gets its share of new flows step by step (`slow_start`).
#pragma once

#include <map>
#include <set>

#include "base/loop.hpp"
#include "model/spec.hpp"
#include "plan/standing.hpp"

namespace lb::daemon {

class SlowStart {
public:
    /// Notes who came back from DOWN to a front that did without it.
    void note(const Front& front, const plan::Standing& before, const plan::Standing& now);

    /// In ten steps, never less than one of them; whole for everybody who does not start slowly.
    int share(const Target& target, const Pool& pool) const;

    /// Those with somebody who does.
    std::set<Front> fronts() const;
    /// Forgets who has its whole share.
    void end_some(const Spec& spec);

private:
    std::map<Target, Time> recovered_;  // and since when
};

}  // namespace lb::daemon
