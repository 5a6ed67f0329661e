// SPDX-License-Identifier: Apache-2.0
/// Tally: what happened to configurations, counted for those who watch (docs/monitoring/README.md),
/// since lbd started or, where alerts need it, since it was installed.  The daemon owns it; where
/// something happens it is counted.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "model/durations.hpp"
#include "model/finding.hpp"
#include "model/health.hpp"

namespace lb {

/// Why an earlier generation runs again.
enum class RollbackCause { person, regression, deadline, restart, count };
const char* text(RollbackCause);  ///< "operator", "regression", "deadline", "restart"

/// What the next lbd goes on with: a rollback that it begins with is one more than before, and the
/// last audit may be older than it is.
struct Lasting {
    static constexpr auto kCauses = static_cast<std::size_t>(RollbackCause::count);

    std::array<std::uint64_t, kCauses> rollbacks{};
    std::array<WallTime, kCauses> rolled_back_at{};  ///< the last time; no time: never
    std::array<std::uint64_t, 2> audit_findings{};   ///< of the last audit, by Severity
    std::uint64_t alert_rule_findings = 0;  ///< of these, as the last that asked Prometheus had it
    WallTime audit_succeeded_at{};          ///< no time: never
    /// What began to run with nothing to be compared with, as people are told; empty: nothing did.
    std::string uncompared;
    WallTime unhealed_at{};  ///< when a rollback last turned out not to have helped; no time: never
    WallTime alerts_asked_at{};  ///< when an audit last knew which Prometheus has loaded; as above
};

struct Tally {
    Lasting lasting;
    /// Of changes that were refused, by rule.  "none": no rule spoke.  A change that breaks two
    /// rules counts for both.
    std::map<std::string, std::uint64_t> refusals{{"none", 0}};
    Durations publish;  ///< from the first write to the last flip, failed ones included
    std::uint64_t publish_failures = 0;
    std::uint64_t event_log_errors = 0;
    std::uint64_t event_hook_failures = 0, event_hook_missed = 0;
    bool file_drift = false, kernel_drift = false;
    std::uint64_t generation_confirmed = 0;
    std::uint64_t generation_pending = 0;  ///< 0: none waits for its confirmation
    WallTime applied_at{};                 ///< when the running generation was published

    void count_refusal(const Findings& findings);
    void count_rollback(RollbackCause cause, WallTime at) {
        ++lasting.rollbacks[static_cast<std::size_t>(cause)];
        lasting.rolled_back_at[static_cast<std::size_t>(cause)] = at;
    }
};

}  // namespace lb
