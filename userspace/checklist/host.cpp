// SPDX-License-Identifier: Apache-2.0
#include "checklist/host.hpp"

namespace lb::checklist {

std::vector<HostVerdict> judge(const HostFacts& facts, const Spec& spec) {
    std::vector<HostVerdict> verdicts;
    for (const auto& rule : host_rules()) {
        HostVerdict verdict{std::string{rule.id}, rule.severity, std::string{rule.title}, {}, {}};
        if (const auto why = facts.unknown.find(verdict.rule); why != facts.unknown.end()) {
            verdict.unknown = why->second;
        } else {
            Report report{rule.id, rule.severity, {}, verdict.findings};
            rule.apply(facts, spec, report);
        }
        verdicts.push_back(std::move(verdict));
    }
    return verdicts;
}

Findings review(const HostFacts& facts, const Spec& spec) {
    Findings found;
    for (auto& verdict : judge(facts, spec))
        found.insert(found.end(), verdict.findings.begin(), verdict.findings.end());
    return found;
}

}  // namespace lb::checklist
