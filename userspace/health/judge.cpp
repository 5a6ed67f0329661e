// SPDX-License-Identifier: Apache-2.0
#include "health/judge.hpp"

namespace lb::health {

std::optional<HealthState> Judge::record(Outcome outcome, Time now) {
    if (outcome == Outcome::inconclusive) return {};
    const bool passed = outcome == Outcome::pass;
    streak_ = passed == last_passed_ ? streak_ + 1 : 1;
    last_passed_ = passed;
    conclusive_at_ = now;
    const int rise = state_ == HealthState::checking ? 1 : rules_.rise;
    if (streak_ < (passed ? rise : rules_.fall)) return {};
    const auto concluded = passed ? HealthState::up : HealthState::down;
    if (concluded == state_) return {};
    state_ = concluded;
    return state_;
}

void Judge::change(Rules rules) {
    rules_ = rules;
    streak_ = 0;
}

bool Judge::in_doubt() const {
    if (state_ == HealthState::checking) return true;
    return streak_ > 0 && last_passed_ != (state_ == HealthState::up);
}

}  // namespace lb::health
