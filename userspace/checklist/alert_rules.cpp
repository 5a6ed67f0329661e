// SPDX-License-Identifier: Apache-2.0
#include "checklist/alert_rules.hpp"

#include <algorithm>
#include <array>

namespace lb::checklist {
namespace {

using namespace std::chrono_literals;

constexpr auto kUnasked = 48h;  // the daily audit has missed two chances
constexpr auto kTheirRule = "audit.rules";
constexpr auto kTheirObject = "alert rules";

constexpr std::array kAlerts{"LbdDown",
                             "LbdWatchdog",
                             "LbdEventLogFailing",
                             "LbdEventHookFailing",
                             "LbdAuditOverdue",
                             "LbdHealthCheckCoverage",
                             "LbdPoolUnchecked",
                             "LbdWaiverExpired",
                             "LbdCheckerBroken",
                             "LbdNotForwarding",
                             "LbdVipAllDown",
                             "LbdVipHealthyLow",
                             "LbdTrafficToIneligible",
                             "LbdTrafficCollapse",
                             "LbdBackendDown",
                             "LbdBackendHeldDown",
                             "LbdWitnessDisagrees",
                             "LbdConfigRolledBack",
                             "LbdConfigUnhealed",
                             "LbdConfigUnconfirmed",
                             "LbdConfigDrift",
                             "LbdPublishFailed",
                             "LbdFleetSkew",
                             "LbdForgottenOverride"};

bool was_told(const AuditFacts& facts) {
    return facts.alerts || !facts.alerts_trouble.empty();
}

/// Who reads the metrics is there to be asked; on a host that is young nobody is late.
bool is_unasked(const AuditFacts& facts) {
    if (was_told(facts)) return false;
    if (!facts.last_scrape || facts.now - *facts.last_scrape > kMetricsUnread) return false;
    if (facts.alerts_asked_at != WallTime{}) return facts.now - facts.alerts_asked_at > kUnasked;
    return facts.log_begins && (!facts.log_is_whole || facts.now - *facts.log_begins > kUnasked);
}

/// Empty: none.
std::string missing(const std::set<std::string>& loaded) {
    std::string missing;
    for (const auto* name : kAlerts)
        if (!loaded.contains(name)) missing += (missing.empty() ? "" : ", ") + std::string{name};
    return missing;
}

}  // namespace

std::span<const char* const> alerts() {
    return kAlerts;
}

void find_alert_rules(const AuditFacts& facts, Auditor& auditor) {
    if (!facts.alerts_trouble.empty())
        auditor.error("rules", kTheirObject, facts.alerts_trouble, "ask Prometheus by its address");
    if (facts.alerts)
        if (const auto names = missing(*facts.alerts); !names.empty())
            auditor.error("rules", kTheirObject, "not loaded: " + names,
                          "rule_files of Prometheus: alerts.yml of /usr/share/doc/lbd/monitoring");
    if (!is_unasked(facts)) return;
    const bool never = facts.alerts_asked_at == WallTime{};
    auditor.warning(
        "unasked", kTheirObject,
        "no audit has " +
            (never ? "ever asked Prometheus"
                   : "asked Prometheus for " + days(facts.now - facts.alerts_asked_at)) +
            " whether they are loaded",
        "lbctl audit --prometheus URL; once a day: /usr/share/doc/lbd/examples/"
        "lbd-audit-prometheus.conf");
}

void count_alert_rules(const Findings& found, const AuditFacts& facts, Lasting& lasting) {
    if (!was_told(facts)) {
        lasting.audit_findings[static_cast<std::size_t>(Severity::error)] +=
            lasting.alert_rule_findings;
        return;
    }
    lasting.alert_rule_findings = static_cast<std::uint64_t>(std::ranges::count_if(
        found, [](const Finding& finding) { return finding.rule == kTheirRule; }));
    if (facts.alerts) lasting.alerts_asked_at = facts.now;
}

}  // namespace lb::checklist
