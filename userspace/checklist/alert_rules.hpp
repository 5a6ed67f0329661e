// SPDX-License-Identifier: Apache-2.0
/// Alert rules: whether somebody is told when it matters.  They are Prometheus's, and lbd asks
/// nobody but the kernel: so it judges what an audit was told of them, and whether any was.  Pure.
#pragma once

#include <span>

#include "checklist/audit.hpp"
#include "checklist/auditor.hpp"

namespace lb::checklist {

/// Metrics that nobody has read for longer are not watched.
constexpr std::chrono::minutes kMetricsUnread{10};

/// The names of docs/monitoring/alerts.yml.
std::span<const char* const> alerts();

/// audit.rules, audit.unasked
void find_alert_rules(const AuditFacts& facts, Auditor& auditor);

/// What was found of them before stays if this audit was told nothing of Prometheus.
void count_alert_rules(const Findings& found, const AuditFacts& facts, Lasting& lasting);

}  // namespace lb::checklist
