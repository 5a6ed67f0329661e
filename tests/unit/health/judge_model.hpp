// SPDX-License-Identifier: Apache-2.0
/// JudgeModel: the states of safety.md 3.1 once more, written from the text and in another way: it
/// keeps everything that ever happened and looks at all of it again each time.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "health/judge.hpp"

namespace lb::health {

class JudgeModel {
public:
    JudgeModel(const Rules& rules, Time now) : rules_{rules}, silent_since_{now} {}

    void result(Outcome outcome, bool may_hold, Time now) {
        said_ += outcome == Outcome::pass ? '+' : outcome == Outcome::fail ? '-' : '.';
        if (outcome == Outcome::inconclusive) {
            blind_ |= said_.ends_with(".....");
            return;
        }
        blind_ = false;
        silent_since_ = now;
        heard_ += said_.back();
        if (ends('-', rules_.fall)) return become('d', now);
        if (verdict_ == 'u' || !ends('+', verdict_ == ' ' ? 1 : rules_.rise)) return;
        if (holding_ && may_hold) return;
        const auto recent = std::count_if(changes_.begin(), changes_.end(), [&](Time when) {
            return when >= now - rules_.damping.window;
        });
        const int enough = rules_.damping.threshold;
        if (!holding_ && may_hold && enough > 0 && recent >= enough)
            holding_ = true;
        else
            become('u', now);
    }
    void time_passes(Time now) {
        if (now >= silent_since_ + rules_.stale_after) blind_ = true;
    }
    /// The hold came to its end; how long it lasts is the judge's, within bounds that a test
    /// checks.
    void hold_ends(Time now) {
        holding_ = false;
        if (!blind_ && ends('+', rules_.rise)) become('u', now);
    }

    HealthState state() const {
        if (blind_) return HealthState::stale;
        if (holding_) return HealthState::held_down;
        return state_of(verdict());
    }
    HealthVerdict verdict() const {
        return verdict_ == ' '   ? HealthVerdict::none
               : verdict_ == 'u' ? HealthVerdict::up
                                 : HealthVerdict::down;
    }

private:
    bool ends(char result, int times) const {
        return heard_.ends_with(std::string(static_cast<std::size_t>(times), result));
    }
    void become(char verdict, Time now) {
        if (verdict_ == verdict) return;
        if (verdict_ != ' ') changes_.push_back(now);
        verdict_ = verdict;
        holding_ = false;
    }

    Rules rules_;
    std::string said_, heard_;  // all results; the conclusive ones
    std::vector<Time> changes_;
    Time silent_since_;
    char verdict_ = ' ';
    bool blind_ = false, holding_ = false;
};

}  // namespace lb::health
