// SPDX-License-Identifier: Apache-2.0
#include "health/confidence.hpp"

namespace lb::health {

bool Confidence::began(const std::string& suspicion, std::chrono::nanoseconds window, Time now) {
    if (state_ == CheckerState::suspect) quiet_at_ = now + window;
    if (state_ != CheckerState::ok || suspicion.empty()) return false;
    state_ = CheckerState::suspect;
    why_ = suspicion;
    is_tested_ = false;
    quiet_at_ = now + window;
    return true;
}

void Confidence::tested(const std::string& problem, Time now) {
    if (!problem.empty()) {
        state_ = CheckerState::broken;
        why_ = problem;
        return;
    }
    is_tested_ = true;
    if (state_ != CheckerState::broken) return;
    state_ = CheckerState::ok;
    why_.clear();
    well_since_ = now;
}

void Confidence::look(Time now) {
    if (state_ != CheckerState::suspect || !is_tested_ || now < quiet_at_) return;
    state_ = CheckerState::ok;
    why_.clear();
}

bool Confidence::believes(Outcome outcome, Time sent) const {
    if (outcome == Outcome::inconclusive) return true;
    if (state_ == CheckerState::broken) return false;
    if (outcome == Outcome::pass) return true;
    return !well_since_ || sent >= *well_since_;
}

}  // namespace lb::health
