// SPDX-License-Identifier: Apache-2.0
#include "checklist/change.hpp"

namespace lb::checklist {

Findings review(const Change& change) {
    Findings found;
    for (const auto& rule : change_rules()) {
        if (change.is_way_back && !rule.guards_way_back) continue;
        Report report{rule.id, rule.severity, {}, found};
        rule.apply(change, report);
    }
    return found;
}

}  // namespace lb::checklist
