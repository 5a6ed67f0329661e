// SPDX-License-Identifier: Apache-2.0
#include "daemon/preflight.hpp"

#include <algorithm>

namespace lb::daemon {
namespace {

using namespace std::chrono_literals;

constexpr auto kLook = 20ms;
constexpr auto kMore = 2s;  // for the process to start, and its first self-test

/// Until `fall` attempts have failed, or five were inconclusive.
milliseconds longest(const Spec& spec) {
    milliseconds longest{0};
    for (const auto& [name, pool] : spec.pools)
        longest = std::max(longest,
                           std::max(pool.check->fall, health::kBlind) * pool.check->fast_interval +
                               pool.check->timeout);
    return longest;
}

health::Checker::Options with(health::Checker::Options options, health::Outlet& outlet) {
    options.outlet = &outlet;
    options.on_condition = nullptr;
    return options;
}

}  // namespace

Preflight::Preflight(Loop& loop, dataplane::Dataplane& dataplane, const Forwarding& forwarding,
                     const health::Checker::Options& options, HealthView known)
    : outlet_{dataplane,
              [&forwarding](const Target& target) { return forwarding.find_guest(target); }},
      known_{std::move(known)},
      timer_{loop},
      checker_{loop, with(options, outlet_),
               [this](const health::Transition&) { timer_.in(0ms, [this] { look(); }); }} {}

Result<> Preflight::start(const Spec& tried, OnEnd on_end) {
    on_end_ = std::move(on_end);
    if (auto started = checker_.start(); !started) return started;
    patience_ = Loop::now() + longest(tried) + kMore;
    checker_.configure(Spec{tried.node, {}, {}}, {});  // what comes second is tried at once
    checker_.configure(tried, {});
    look();
    return {};
}

/// The last thing that we do: we may be gone when it returns.
void Preflight::look() {
    const auto& view = checker_.view();
    const bool is_over =
        Loop::now() >= patience_ || std::none_of(view.begin(), view.end(), [](const auto& entry) {
            return entry.second.state == HealthState::checking;
        });
    if (!is_over) return timer_.in(kLook, [this] { look(); });
    if (const auto on_end = std::exchange(on_end_, nullptr)) on_end(results());
}

std::vector<PreflightView> Preflight::results() const {
    std::vector<PreflightView> results;
    for (const auto& [target, health] : checker_.view()) {
        PreflightView result{target.id(), target.front.via, HealthState::checking,
                             static_cast<int>(checker_.course(target).recent.size()),
                             health.last.value_or(CheckResult{})};
        if (health.verdict == HealthVerdict::none) result.result.outcome = Outcome::inconclusive;
        if (const auto known = known_.find(target); known != known_.end())
            result.now = known->second.state;
        results.push_back(std::move(result));
    }
    return results;
}

}  // namespace lb::daemon
