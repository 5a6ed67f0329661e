// SPDX-License-Identifier: Apache-2.0
#include "plan/witness.hpp"

#include <algorithm>
#include <cmath>

namespace lb::plan {
namespace {

constexpr std::uint64_t kWantedSamples = 8, kFewSamples = 4, kManySamples = 16;  // a second
constexpr std::uint64_t kMostLooks = 50'000;  // packets a second that pay for a larger share
constexpr std::size_t kStepsAMinute = 60 / WitnessHistory::kStepSeconds;

constexpr std::uint64_t kEnoughSamples = 50;
constexpr double kShown = 1.96;  // standard errors of a 95 % interval
constexpr double kCertain = 3;   // ... of one that may accuse: it is asked again and again
constexpr double kCalm = 0.8;    // a pool that answers less has a trouble of its own
// How much of what the rest answers is too little: in calm, and when clients, not backends, may be
// the reason and may be spread unevenly.
constexpr double kCalmPart = 0.9, kTroubledPart = 0.25;

struct Interval {
    double low = 0, high = 1;
};

/// Wilson's, which is right for few samples and near 0 and 1, too.
Interval interval(const Handshakes& of, double z) {
    if (of.samples == 0) return {};
    const auto n = static_cast<double>(of.samples);
    const auto p = std::min(1.0, static_cast<double>(of.completed) / n);
    const auto scale = 1 + z * z / n;
    const auto middle = (p + z * z / (2 * n)) / scale;
    const auto half = z / scale * std::sqrt(p * (1 - p) / n + z * z / (4 * n * n));
    return {std::max(0.0, middle - half), std::min(1.0, middle + half)};
}

double ratio(const Handshakes& of) {
    if (of.samples == 0) return 0;
    return std::min(1.0, static_cast<double>(of.completed) / static_cast<double>(of.samples));
}

/// Does the rest of the pool, too, answer little, or less than a minute ago?
bool is_troubled(const WitnessMinutes& rest) {
    return ratio(rest.both()) < kCalm ||
           interval(rest.last, kCertain).high < interval(rest.before, kCertain).low;
}

WitnessVerdict verdict(const WitnessMinutes& own, const WitnessMinutes& rest) {
    if (own.both().samples < kEnoughSamples || rest.both().samples < kEnoughSamples)
        return WitnessVerdict::too_few;
    const auto part = is_troubled(rest) ? kTroubledPart : kCalmPart;
    const bool is_worse =
        interval(own.both(), kCertain).high < part * interval(rest.both(), kCertain).low;
    return is_worse ? WitnessVerdict::suspicious : WitnessVerdict::normal;
}

/// Of counters that only grow.
Handshakes between(const Handshakes& earlier, const Handshakes& later) {
    return {later.samples - earlier.samples, later.completed - earlier.completed,
            later.latency - earlier.latency};
}

Handshakes sum(const Handshakes& a, const Handshakes& b) {
    return {a.samples + b.samples, a.completed + b.completed, a.latency + b.latency};
}

}  // namespace

// ---------------------------------------------------------------------------------- how many

WitnessRate WitnessShare::after(const WitnessSecond& second) {
    std::uint64_t wanted = share_;
    if (second.samples > kManySamples)
        wanted = std::uint64_t{share_} * kWantedSamples / second.samples;
    if (second.samples < kFewSamples) wanted = std::uint64_t{share_} * 2;
    const auto affordable =
        kMostLooks * kEveryFlow / std::max(second.packets, kMostLooks);  // no more than every flow
    share_ = static_cast<std::uint32_t>(
        std::clamp<std::uint64_t>(std::min(wanted, affordable), kBaseShare, kEveryFlow));
    recent_[next_++ % recent_.size()] = share_;
    return {*std::ranges::max_element(recent_), share_};
}

// ---------------------------------------------------------------------------------- what they say

Handshakes WitnessMinutes::both() const {
    return sum(last, before);
}

void WitnessMinutes::add(const WitnessMinutes& other) {
    last = sum(last, other.last);
    before = sum(before, other.before);
}

WitnessMinutes WitnessMinutes::without(const WitnessMinutes& part) const {
    return {between(part.last, last), between(part.before, before)};
}

void WitnessHistory::record(const Handshakes& total) {
    constexpr auto kMost = 2 * kStepsAMinute + 1;
    totals_.reserve(kMost);
    if (totals_.size() == kMost) totals_.erase(totals_.begin());
    totals_.push_back(total);
}

WitnessMinutes WitnessHistory::minutes() const {
    if (totals_.empty()) return {};
    const auto turn = totals_.size() - 1 - std::min(totals_.size() - 1, kStepsAMinute);
    return {between(totals_[turn], totals_.back()), between(totals_.front(), totals_[turn])};
}

Testimony testimony(const WitnessMinutes& own, const WitnessMinutes& rest) {
    const auto both = own.both();
    const auto shown = interval(both, kShown);
    Testimony result;
    result.verdict = verdict(own, rest);
    result.samples = both.samples;
    result.completed = both.completed;
    result.ratio = ratio(both);
    result.error = (shown.high - shown.low) / 2;
    const auto mean = both.latency / std::max<std::uint64_t>(both.completed, 1);
    result.latency = std::chrono::microseconds{mean / 1000};
    return result;
}

}  // namespace lb::plan
