// SPDX-License-Identifier: Apache-2.0
#include "health/judge.hpp"

#include <algorithm>

namespace lb::health {
namespace {

using std::chrono::nanoseconds;

/// Plus or minus a tenth, so that backends which flap together do not return together.
nanoseconds scattered(nanoseconds length, Random& random) {
    std::uniform_int_distribution<std::int64_t> tenth{-length.count() / 10, length.count() / 10};
    return length + nanoseconds{tenth(random)};
}

}  // namespace

Judge::Judge(const Rules& rules, HealthState state, HealthVerdict verdict, Time now)
    : rules_{rules}, verdict_{verdict}, heard_at_{now} {
    if (rules.unchecked) return;
    stale_ = state == HealthState::stale;
    if (state == HealthState::held_down) held_until_ = now + rules.damping.hold;
}

std::optional<HealthState> Judge::record(Outcome outcome, bool may_hold, Time now, Random& random) {
    if (rules_.unchecked) return {};
    const auto before = state();
    if (outcome == Outcome::inconclusive) {
        if (++inconclusive_ >= kBlind) stale_ = true;
    } else {
        const bool passed = outcome == Outcome::pass;
        streak_ = passed == last_passed_ ? streak_ + 1 : 1;
        last_passed_ = passed;
        inconclusive_ = 0;
        stale_ = false;
        heard_at_ = now;
        const int rise = verdict_ == HealthVerdict::none ? 1 : rules_.rise;
        if (!passed && streak_ >= rules_.fall)
            turn(HealthVerdict::down, now);
        else if (passed && streak_ >= rise && may_hold && !held_until_ && is_flapping(now))
            hold(now, random);
        else if (passed && streak_ >= rise && (!held_until_ || !may_hold))
            turn(HealthVerdict::up, now);
    }
    if (state() == before) return {};
    return state();
}

void Judge::forget_fails() {
    if (!last_passed_) streak_ = 0;
}

std::optional<HealthState> Judge::wake(Time now) {
    if (rules_.unchecked) return {};
    const auto before = state();
    if (now - heard_at_ >= rules_.stale_after) stale_ = true;
    if (held_until_ && now >= *held_until_) {
        held_until_.reset();
        last_hold_ended_ = now;
        // what is unknown changes no verdict: then the next pass brings it up
        if (!stale_ && last_passed_ && streak_ >= rules_.rise) turn(HealthVerdict::up, now);
    }
    if (state() == before) return {};
    return state();
}

Time Judge::wakes_at() const {
    if (rules_.unchecked) return Time::max();
    const auto silent_at = stale_ ? Time::max() : heard_at_ + rules_.stale_after;
    return held_until_ ? std::min(silent_at, *held_until_) : silent_at;
}

void Judge::change(const Rules& rules, Time now) {
    const bool is_checked_again = rules_.unchecked && !rules.unchecked;
    rules_ = rules;
    streak_ = 0;
    inconclusive_ = 0;
    if (is_checked_again) heard_at_ = now;  // until now nobody has listened
    if (rules.unchecked) stale_ = false;
    if (rules.unchecked || rules.damping.threshold == 0) held_until_.reset();
}

bool Judge::vouch() {
    if (!rules_.unchecked || verdict_ == HealthVerdict::up) return false;
    verdict_ = HealthVerdict::up;
    return true;
}

HealthState Judge::state() const {
    if (rules_.unchecked) return HealthState::unchecked;
    if (stale_) return HealthState::stale;
    if (held_until_) return HealthState::held_down;
    return state_of(verdict_);
}

bool Judge::in_doubt() const {
    if (rules_.unchecked) return false;
    if (verdict_ == HealthVerdict::none) return true;
    return !held_until_ && streak_ > 0 && last_passed_ != (verdict_ == HealthVerdict::up);
}

/// Only a return can be held, so the verdict is DOWN when this is asked.
bool Judge::is_flapping(Time now) const {
    const auto& damping = rules_.damping;
    if (damping.threshold == 0 || verdict_ != HealthVerdict::down) return false;
    return std::count_if(turns_.begin(), turns_.end(), [&](Time when) {
               return now - when <= damping.window;
           }) >= damping.threshold;
}

void Judge::turn(HealthVerdict verdict, Time now) {
    if (verdict == verdict_) return;
    if (verdict_ != HealthVerdict::none) turns_.push_back(now);
    while (turns_.size() > static_cast<std::size_t>(rules_.damping.threshold))
        turns_.erase(turns_.begin());
    verdict_ = verdict;
    if (held_until_) last_hold_ended_ = now;
    held_until_.reset();
}

void Judge::hold(Time now, Random& random) {
    const auto& damping = rules_.damping;
    if (holds_ > 0 && now - last_hold_ended_ > damping.window) holds_ = 0;
    auto length = damping.hold;
    for (int i = 0; i < holds_ && length < damping.hold_max; ++i)
        length *= 2;
    ++holds_;
    held_until_ = now + scattered(std::min(length, damping.hold_max), random);
}

}  // namespace lb::health
