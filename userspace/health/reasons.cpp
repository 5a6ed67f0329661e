// SPDX-License-Identifier: Apache-2.0
#include "health/reasons.hpp"

namespace lb::health {
namespace {

/// "1 pass", "3 fails in a row"
std::string counted(std::int64_t streak, bool passed) {
    if (streak == 1) return passed ? "1 pass" : "1 fail";
    return std::to_string(streak) + (passed ? " passes" : " fails") + " in a row";
}

}  // namespace

std::string why(HealthState before, const Judge& judge, const CheckResult& result) {
    const bool passed = result.outcome == Outcome::pass;
    const auto& rules = judge.rules();
    if (judge.state() == HealthState::stale)
        return std::to_string(judge.inconclusive()) +
               " inconclusive results in a row: " + describe(result);
    if (judge.state() == HealthState::held_down && before != HealthState::stale)
        return counted(judge.streak(), passed) + ", but it changed " +
               std::to_string(rules.damping.threshold) + " times within " +
               print_duration(rules.damping.window) + ": held";
    if (before == HealthState::stale && judge.streak() < (passed ? rules.rise : rules.fall))
        return "checks are conclusive again: " + describe(result);
    if (passed && before == HealthState::checking) return "its first check passed";
    return counted(judge.streak(), passed) + (passed ? "" : ": " + describe(result));
}

std::string why(HealthState before, const Judge& judge, const std::optional<CheckResult>& last) {
    const std::string said = last ? ", the last said " + describe(*last) : "";
    if (judge.state() == HealthState::stale)
        return "no conclusive result for " + print_duration(judge.rules().stale_after) + said;
    if (before == HealthState::held_down && judge.state() == HealthState::up)
        return "its hold is over: " + counted(judge.streak(), true);
    return "its hold is over" + said;
}

}  // namespace lb::health
