// SPDX-License-Identifier: Apache-2.0
#include "checklist/change.hpp"

#include <array>

namespace lb::checklist {
namespace {

constexpr auto kError = Severity::error;

constexpr std::array kRules{
    ChangeRule{"LB701", kError, "check removed", checks_stay, true},
    ChangeRule{"LB702", kError, "check weakened", checks_stay_as_strict, true},
    ChangeRule{"LB703", kError, "too few healthy backends after the change", enough_stay_healthy},
    ChangeRule{"LB707", kError, "more than half of a pool replaced at once",
               pools_change_step_by_step},
    ChangeRule{"LB710", kError, "pool would close when all checks fail", the_door_stays_open},
    ChangeRule{"LB711", kError, "new pool is unchecked from its first day", new_pools_are_checked},
};

}  // namespace

std::span<const ChangeRule> change_rules() {
    return kRules;
}

Findings review(const Change& change) {
    Findings found;
    for (const auto& rule : kRules) {
        if (change.is_way_back && !rule.guards_way_back) continue;
        Report report{rule.id, rule.severity, {}, found};
        rule.apply(change, report);
    }
    return found;
}

}  // namespace lb::checklist
