// SPDX-License-Identifier: Apache-2.0
#include "checklist/change.hpp"

#include <algorithm>

#include "checklist/host.hpp"

namespace lb::checklist {
namespace {

/// Warnings are the doctor's: a change makes none of them better or worse.
Findings errors_of_host(const Change& change) {
    Findings found;
    if (!change.host || change.is_way_back) return found;
    for (auto& finding : review(*change.host, change.after)) {
        if (finding.severity != Severity::error) continue;
        finding.where = {};  // of the text that lbd got, which is not the one that people have
        found.push_back(std::move(finding));
    }
    return found;
}

}  // namespace

bool is_about_changes(std::string_view rule) {
    return std::any_of(change_rules().begin(), change_rules().end(),
                       [&](const ChangeRule& each) { return each.id == rule; });
}

bool may_be_accepted(const ChangeRule& rule) {
    return !rule.is_final && rule.severity == Severity::error;
}

Findings review(const Change& change) {
    auto found = errors_of_host(change);
    for (const auto& rule : change_rules()) {
        if (change.is_way_back && !rule.guards_way_back) continue;
        Report report{rule.id, rule.severity, {}, found};
        rule.apply(change, report);
    }
    return found;
}

}  // namespace lb::checklist
