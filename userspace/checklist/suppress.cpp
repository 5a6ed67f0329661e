// SPDX-License-Identifier: Apache-2.0
#include "checklist/suppress.hpp"

#include <algorithm>

namespace lb::checklist {
namespace {

bool is_about(const Allowance& allowance, const Finding& finding) {
    return finding.severity == Severity::warning && finding.rule == allowance.rule &&
           finding.where.line == allowance.line;
}

Finding objection(const Allowance& allowance, std::string message, std::string fix) {
    return {"LB802", Severity::error, allowance.where, {}, std::move(message), std::move(fix)};
}

}  // namespace

Review suppress(Findings findings, const std::vector<Allowance>& allowances,
                std::optional<Date> today) {
    Review review;
    for (const auto& allowance : allowances) {
        const auto first = std::stable_partition(
            findings.begin(), findings.end(),
            [&](const Finding& finding) { return !is_about(allowance, finding); });
        if (first == findings.end())
            review.findings.push_back(objection(
                allowance,
                allowance.rule + " is no warning about line " + std::to_string(allowance.line),
                "only warnings can be allowed, on their line or the one before; else remove it"));
        else if (today && *today > allowance.until)
            review.findings.push_back(objection(
                allowance,
                "allowance of " + allowance.rule + " ended on " + print_date(allowance.until),
                "mend what it allows, or renew it with a new reason"));
        for (auto it = first; it != findings.end(); ++it)
            review.allowed.push_back({std::move(*it), allowance.until, allowance.reason});
        findings.erase(first, findings.end());
    }
    review.findings.insert(review.findings.end(), findings.begin(), findings.end());
    sort(review.findings);
    return review;
}

}  // namespace lb::checklist
