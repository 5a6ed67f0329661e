// SPDX-License-Identifier: Apache-2.0
#include "model/tally.hpp"

#include <set>

namespace lb {

const char* text(RollbackCause cause) {
    switch (cause) {
        case RollbackCause::person:
            return "operator";
        case RollbackCause::regression:
            return "regression";
        case RollbackCause::deadline:
            return "deadline";
        case RollbackCause::restart:
        case RollbackCause::count:
            break;
    }
    return "restart";
}

void Tally::count_refusal(const Findings& findings) {
    std::set<std::string> broken;
    for (const auto& finding : findings)
        if (finding.severity == Severity::error) broken.insert(finding.rule);
    if (broken.empty()) broken.insert("none");
    for (const auto& rule : broken)
        ++refusals[rule];
}

}  // namespace lb
