// SPDX-License-Identifier: Apache-2.0
/// Preflight: the checks of a candidate are made, through the real path, before they count.
///
/// A checker of its own, with a process of its own, tries everybody who is new or is to be checked
/// otherwise until it knows: CHECKING ends with one pass or `fall` fails.  Nothing of it touches
/// the verdicts that count.  Who is not in the maps yet is a guest there meanwhile (Forwarding).
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "base/loop.hpp"
#include "daemon/forwarding.hpp"
#include "daemon/outlet.hpp"
#include "health/checker.hpp"
#include "model/view.hpp"

namespace lb::daemon {

class Preflight {
public:
    /// Of each target that was tried what came of it, in their order.
    using OnEnd = std::function<void(std::vector<PreflightView>)>;

    /// `known`: the verdicts that count.
    Preflight(Loop& loop, dataplane::Dataplane& dataplane, const Forwarding& forwarding,
              const health::Checker::Options& options, HealthView known);

    /// `tried`: health::to_be_tried().  `on_end` is the last thing that it does.
    Result<> start(const Spec& tried, OnEnd on_end);

private:
    void look();
    std::vector<PreflightView> results() const;

    Outlet outlet_;
    HealthView known_;
    Timer timer_;
    Time patience_{};
    OnEnd on_end_;
    health::Checker checker_;
};

}  // namespace lb::daemon
