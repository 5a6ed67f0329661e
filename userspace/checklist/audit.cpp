// SPDX-License-Identifier: Apache-2.0
#include "checklist/audit.hpp"

#include <algorithm>
#include <cctype>

#include "checklist/alert_rules.hpp"
#include "checklist/rules.hpp"

namespace lb::checklist {
namespace {

using namespace std::chrono_literals;

constexpr auto kTold = 24h;         // of what is over, whoever audits meanwhile
constexpr auto kForgotten = 24h;    // an override that does not end within as much
constexpr auto kLong = 90 * 24h;    // in which a check fails once, if it can
constexpr auto kSoon = 7 * 24h;     // a waiver's end
constexpr auto kRusty = 180 * 24h;  // people, without a game day

/// "pool \"web\"", "12 pools"
std::string some(const std::vector<std::string>& pools) {
    return pools.size() == 1 ? named("pool", pools.front())
                             : std::to_string(pools.size()) + " pools";
}

/// They are repaired within seconds: what counts is that it happened.
std::string kernel_drift(const AuditFacts& facts) {
    const auto since = std::min(facts.last_audit, facts.now - kTold);
    const KernelDrift* last = nullptr;
    std::size_t times = 0;
    for (const auto& each : facts.kernel_drifts) {
        if (each.at <= since) continue;
        last = &each;
        ++times;
    }
    if (!last) return facts.kernel_drift;
    return "the maps were changed behind lbd " +
           (times > 1 ? std::to_string(times) + " times, last " : std::string{}) + "on " +
           print_date(day_of(last->at)) + ": " + last->what;
}

void drift(const AuditFacts& facts, Auditor& auditor) {
    if (const auto what = kernel_drift(facts); !what.empty())
        auditor.error("drift", "kernel", what,
                      "find out who writes BPF maps here; lbctl timeline tells when");
    if (!facts.file_drift.empty())
        auditor.error("drift", "file", facts.file_drift,
                      "apply it, or bring the running configuration into it: lbctl show");
}

void waivers(const AuditFacts& facts, Auditor& auditor) {
    const auto today = day_of(facts.now), soon = day_of(facts.now + kSoon);
    for (const auto& [name, pool] : facts.spec.pools) {
        if (!pool.check || !pool.check->is_none() || !pool.check->until) continue;
        const auto until = *pool.check->until;
        if (until < today)
            auditor.error("waiver", named("pool", name),
                          "its waiver expired on " + print_date(until) + ": " + pool.check->reason,
                          "give it a check; until then every change is refused (LB004)");
        else if (until < soon)
            auditor.warning("waiver", named("pool", name),
                            "its waiver ends on " + print_date(until) + ": " + pool.check->reason,
                            "give it a check");
    }
}

/// By the file, not by the generation that runs, which has no comments.
void allowances(const AuditFacts& facts, Auditor& auditor) {
    const auto today = day_of(facts.now), soon = day_of(facts.now + kSoon);
    for (const auto& its : facts.allowances) {
        const auto line =
            "line " + std::to_string(its.where.line) + ": its allowance of " + its.rule;
        const auto rest = print_date(its.until) + ": " + its.reason;
        const auto fix = "mend what it allows, or renew it with a new reason";
        if (its.until < today)
            auditor.error("allowance", "file", line + " ended on " + rest,
                          std::string{fix} + "; until then the file is refused (LB802)");
        else if (its.until < soon)
            auditor.warning("allowance", "file", line + " ends on " + rest, fix);
    }
}

/// An end that is far away is none.
bool is_forgotten(const Override& its, WallTime now) {
    return now - its.since > kForgotten && (!its.ends() || its.until - now > kForgotten);
}

/// "drain for 3 days, until 2026-12-30: new disk"
std::string for_how_long(const Override& its, WallTime now) {
    return " for " + days(now - its.since) +
           (its.ends() ? ", until " + print_date(day_of(its.until)) : "") + ": " + its.reason;
}

void overrides(const AuditFacts& facts, Auditor& auditor) {
    for (const auto& [id, its] : facts.overrides)
        if (its.state != AdminState::ready && is_forgotten(its, facts.now))
            auditor.warning("override", named("backend", id.text()),
                            text(its.state) + for_how_long(its, facts.now),
                            "lbctl ready " + id.text() + ", or take it out of the configuration");
}

/// Unless somebody has said something else since.
void parked(const AuditFacts& facts, Auditor& auditor) {
    for (const auto& [id, since] : facts.parked) {
        if (facts.now - since <= kForgotten || facts.overrides.contains(id)) continue;
        const auto state = facts.spec.pools.at(id.pool).backends.at(id.backend).state;
        auditor.warning("parked", named("backend", id.text()),
                        "`state: " + std::string{text(state)} + "` in the configuration for " +
                            days(facts.now - since),
                        "put it back to work, or take it out of the configuration");
    }
}

void weights(const AuditFacts& facts, Auditor& auditor) {
    for (const auto& [id, its] : facts.weights) {
        if (!is_forgotten(its, facts.now)) continue;
        const auto pool = facts.spec.pools.find(id.pool);
        if (pool == facts.spec.pools.end() || !pool->second.backends.contains(id.backend)) continue;
        const auto in_file = std::to_string(pool->second.backends.at(id.backend).weight);
        auditor.warning(
            "override", named("backend", id.text()),
            "weight " + std::to_string(its.weight) + ", not " + in_file + "," +
                for_how_long(its, facts.now),
            "lbctl weight " + id.text() + " " + in_file + ", or write it into the configuration");
    }
}

bool has_failed(const AuditFacts& facts, const std::string& pool) {
    const auto fell = facts.fell.find(pool);
    return fell != facts.fell.end() && facts.now - fell->second <= kLong;
}

/// Pools whose check has not failed for long, or since the log begins.
std::vector<std::string> without_a_failure(const AuditFacts& facts) {
    std::vector<std::string> found;
    for (const auto& [name, pool] : facts.spec.pools)
        if (pool.check && !pool.check->is_none() && !has_failed(facts, name)) found.push_back(name);
    return found;
}

/// Where lbd is young every check may still fail; a log that has forgotten is not young.
void untested(const AuditFacts& facts, Auditor& auditor) {
    if (!facts.log_begins) return;
    const auto age = facts.now - *facts.log_begins;
    const auto pools = without_a_failure(facts);
    if (age < kLong && !facts.log_is_whole && !pools.empty())
        auditor.warning("untested", "event log",
                        "begins " + print_date(day_of(*facts.log_begins)) + ", " + days(age) +
                            " ago: nobody can tell whether the check of " + some(pools) +
                            " has failed in " + days(kLong),
                        "lbctl test FILE says whether it can");
    if (age < kLong) return;
    for (const auto& name : pools)
        auditor.warning("untested", named("pool", name),
                        "its check has not failed in " + days(kLong) + ": can it?",
                        "lbctl test FILE");
}

/// On a host that is young nobody is late; one that has forgotten its youth is not young.
void practice(const AuditFacts& facts, Auditor& auditor) {
    const bool is_young =
        !facts.log_begins || (facts.log_is_whole && facts.now - *facts.log_begins < kRusty);
    if (facts.game_day ? facts.now - *facts.game_day < kRusty : is_young) return;
    auditor.warning(
        "practice", "game day",
        facts.game_day ? "the last one was " + days(facts.now - *facts.game_day) + " ago"
                       : "none is in the event log, which begins " +
                             days(facts.now - *facts.log_begins) + " ago",
        "play the drills (scripts/gameday), then: lbctl note \"game day: 10 of 10 passed\"");
}

void watchers(const AuditFacts& facts, Auditor& auditor) {
    if (!facts.log_problem.empty())
        auditor.error("log", "event log", facts.log_problem, "make room for it");
    const auto since = facts.last_scrape.value_or(facts.started);
    if (facts.now - since > kMetricsUnread)
        auditor.error("unwatched", "metrics",
                      facts.last_scrape ? "nobody has read them since " + days(facts.now - since)
                                        : "nobody has ever read them",
                      "http.listen, and a job of Prometheus with docs/monitoring/alerts.yml");
}

}  // namespace

bool is_game_day(const std::string& note) {
    static constexpr std::string_view kWords = "game day";
    return note.size() >= kWords.size() &&
           std::equal(kWords.begin(), kWords.end(), note.begin(), [](char wanted, char is) {
               return wanted == std::tolower(static_cast<unsigned char>(is));
           });
}

Findings audit(const AuditFacts& facts) {
    Auditor auditor;
    drift(facts, auditor);
    waivers(facts, auditor);
    allowances(facts, auditor);
    if (!facts.unfinished.empty())
        auditor.warning("unconfirmed", "generation", "is " + facts.unfinished,
                        "lbctl confirm, or lbctl rollback");
    if (!facts.uncompared.empty())
        auditor.error("uncompared", "generation", facts.uncompared,
                      "look at lbctl show, then lbctl confirm; lbd keeps its store in --state");
    watchers(facts, auditor);
    find_alert_rules(facts, auditor);
    overrides(facts, auditor);
    parked(facts, auditor);
    weights(facts, auditor);
    untested(facts, auditor);
    practice(facts, auditor);
    std::stable_sort(auditor.found.begin(), auditor.found.end(),
                     [](const Finding& a, const Finding& b) { return a.severity > b.severity; });
    return std::move(auditor.found);
}

Lasting counted(const Findings& found, const AuditFacts& facts, Lasting before) {
    before.audit_findings = {};
    for (const auto& finding : found)
        ++before.audit_findings[static_cast<std::size_t>(finding.severity)];
    count_alert_rules(found, facts, before);
    before.audit_succeeded_at = facts.now;
    return before;
}

}  // namespace lb::checklist
