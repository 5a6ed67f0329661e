// SPDX-License-Identifier: Apache-2.0
#include "personas/trial.hpp"

#include <utility>

namespace lb::personas {
namespace {

constexpr int kRounds = 3;

health::Rhythm rhythm_of(const Check& check) {
    return {check.interval, check.fast_interval, check.jitter_percent};
}

health::Judge judge_of(const Check& check, HealthState wanted, Time now) {
    const bool goes_up = wanted == HealthState::up;
    health::Rules rules{check.rise, check.fall, check.stale_after, {}};
    rules.damping.threshold = 0;
    return {rules, goes_up ? HealthState::down : HealthState::up,
            goes_up ? HealthVerdict::down : HealthVerdict::up, now};
}

}  // namespace

milliseconds bound(const Check& check, HealthState wanted) {
    auto counted = check;
    if (wanted == HealthState::up) counted.fall = check.rise;
    return counted.detection_bound();
}

Trial::Trial(const health::Surroundings& around, const Check& check, std::shared_ptr<Server> server,
             HealthState wanted)
    : around_{around},
      watches_lag_{around.lag.watch()},
      check_{check},
      server_{std::move(server)},
      wanted_{wanted},
      random_{std::random_device{}()},
      judge_{judge_of(check, wanted, Loop::now())},
      next_{around.loop},
      patience_{around.loop} {}

void Trial::start(Time when, Done done) {
    done_ = std::move(done);
    next_.at(when, [self = shared_from_this()] { self->begin(); });
}

void Trial::begin() {
    ++round_;
    began_ = Loop::now();
    judge_ = judge_of(check_, wanted_, began_);
    seen_ = {};
    is_doubtful_ = false;
    patience_.at(began_ + bound(check_, wanted_) + kSlack,
                 [self = shared_from_this()] { self->finish(); });
    schedule(began_);
}

void Trial::schedule(Time started) {
    next_.at(health::next(rhythm_of(check_), 1, started, judge_.in_doubt(), Loop::now(), random_),
             [self = shared_from_this()] { self->attempt(); });
}

void Trial::attempt() {
    const auto started = Loop::now();
    const auto definition =
        std::make_shared<const health::Definition>(health::define(check_, server_->endpoint()));
    health::make_probe(around_, definition, false)
        ->start([self = shared_from_this(), round = round_, started](const CheckResult& result,
                                                                     const std::string&) {
            self->on_result(round, started, result);
        });
}

void Trial::on_result(int round, Time started, const CheckResult& result) {
    if (!done_ || round != round_) return;  // it ran out of time
    seen_.last = result;
    is_doubtful_ = is_doubtful_ || result.outcome == Outcome::inconclusive;
    judge_.record(result.outcome, false, Loop::now(), random_);
    if (judge_.state() == wanted_) return finish();
    schedule(started);
}

bool Trial::was_late() const {
    return is_doubtful_ || around_.lag.worst_since(began_) > check_.timeout / 2;
}

void Trial::finish() {
    if (judge_.state() != wanted_ && was_late() && round_ < kRounds) return begin();
    const auto done = std::exchange(done_, nullptr);
    if (!done) return;
    next_.cancel();
    patience_.cancel();
    seen_.state = judge_.state();
    seen_.took = std::chrono::duration_cast<std::chrono::microseconds>(Loop::now() - began_);
    done(seen_);
}

}  // namespace lb::personas
