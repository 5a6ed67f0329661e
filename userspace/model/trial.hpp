// SPDX-License-Identifier: Apache-2.0
/// The document of `lbctl test`: each check against each persona that concerns it.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "model/finding.hpp"
#include "model/health.hpp"

namespace lb {

/// What a trial says about the check.
enum class TrialResult {
    ok,          ///< it did what it must
    cannot_see,  ///< it passed, and does not look at what is wrong
    mismatch,    ///< it did not do what it must
    not_tested,
};

struct TrialView {
    std::string persona;
    std::string expected;  ///< "UP", "DOWN", "any"
    std::string seen{};    ///< the health state in the end; empty: not tested
    std::string last{};    ///< what the last attempt said: "backend.status 503"
    std::chrono::microseconds took{0};
    TrialResult result = TrialResult::not_tested;
    std::string note{};  ///< why it cannot see, why it was not tested
};

/// Pools whose checks are the same share their trials.
struct CheckTrials {
    std::vector<std::string> pools;
    CheckType type = CheckType::tcp;
    Where where;
    std::vector<TrialView> trials;
};

struct TestView {
    std::vector<CheckTrials> checks;
    Findings findings;
};

const char* text(TrialResult);  ///< "ok", "cannot_see", "mismatch", "not_tested"

}  // namespace lb
