// SPDX-License-Identifier: Apache-2.0
#include "health/lag.hpp"

#include <algorithm>

namespace lb::health {
namespace {

using namespace std::chrono_literals;

constexpr auto kBeat = 20ms;
constexpr auto kWorthRemembering = 20ms;  // less than half of the shortest timeout, 50 ms
constexpr auto kMemory = 1h;
constexpr std::size_t kMost = 4096;  // a loop that is always late needs no more to be known

}  // namespace

Lag::Lag(Loop& loop, Callback alive, Callback at_rest)
    : timer_{loop}, alive_{std::move(alive)}, at_rest_{std::move(at_rest)} {}

Lag::Watcher Lag::watch() {
    if (due_ == Time::max()) expect_a_beat(Loop::now());
    return ours_;
}

void Lag::expect_a_beat(Time now) {
    alive_();
    due_ = now + kBeat;
    timer_.at(due_, [this] { beat(); });
}

void Lag::beat() {
    const auto now = Loop::now();
    if (now - due_ > kWorthRemembering) lates_.push_back({now, now - due_});
    while (!lates_.empty() && (lates_.size() > kMost || now - lates_.front().when > kMemory))
        lates_.pop_front();
    if (ours_.use_count() > 1) return expect_a_beat(now);
    due_ = Time::max();
    at_rest_();
}

std::chrono::nanoseconds Lag::worst_since(Time then) const {
    std::chrono::nanoseconds worst = Loop::now() - due_;  // the beat itself may be overdue
    for (auto late = lates_.rbegin(); late != lates_.rend() && late->when >= then; ++late)
        worst = std::max(worst, late->by);
    return std::max(worst, 0ns);
}

}  // namespace lb::health
