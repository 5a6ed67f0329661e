// SPDX-License-Identifier: Apache-2.0
/// Confidence: whether what our checks find can be believed.
///
/// Pure: what happened and the time come in.
///
///     OK --many began to fail at once--> SUSPECT --a window without another one--> OK
///     any --the self-test fails--> BROKEN --it passes--> OK
///
/// From the suspicion to the answer of the self-test nobody knows what a result is worth: it has to
/// wait, and the self-test's deadline bounds that.  While BROKEN nothing counts.  What was sent
/// before BROKEN ended may still be lost to it, and does not count either.
#pragma once

#include <optional>
#include <string>

#include "base/loop.hpp"
#include "model/health.hpp"

namespace lb::health {

class Confidence {
public:
    CheckerState state() const { return state_; }
    /// Why it is not OK; empty: it is.
    const std::string& why() const { return why_; }

    /// A backend began to fail.  `suspicion`: what that makes of all of them, or nothing.
    /// True: now it is suspect, and the self-test has to tell.
    bool began(const std::string& suspicion, std::chrono::nanoseconds window, Time now);
    /// The self-test said what is wrong with us, or nothing.
    void tested(const std::string& problem, Time now);
    /// Time passes.
    void look(Time now);

    /// SUSPECT, and the self-test has not told: results wait for it.
    bool is_asking() const { return state_ == CheckerState::suspect && !is_tested_; }
    /// Whether a result counts whose attempt began at `sent`.  Not to be asked while is_asking().
    bool believes(Outcome outcome, Time sent) const;

private:
    CheckerState state_ = CheckerState::ok;
    std::string why_;
    bool is_tested_ = true;  // the self-test has passed since the suspicion
    Time quiet_at_{};        // SUSPECT ends
    std::optional<Time> well_since_;
};

}  // namespace lb::health
