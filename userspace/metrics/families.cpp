// SPDX-License-Identifier: Apache-2.0
#include "metrics/families.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>

namespace lb::metrics {
namespace {

constexpr auto kSince = "seconds since 1970";
constexpr auto kYesNo = "0, 1";

// clang-format off
constexpr std::array kFamilies{
    Family{"build_info", Kind::gauge, "version", "",
        "What runs: always 1."},
    Family{"generation", Kind::gauge, "", "number",
        "The running generation."},
    Family{"generation_confirmed", Kind::gauge, "", "number",
        "The newest confirmed generation."},
    Family{"generation_pending", Kind::gauge, "", "number",
        "The generation that waits for its confirmation; 0: none does."},
    Family{"config_hash", Kind::gauge, "", "",
        "48 bits of the running configuration's hash; a seed that lbd made itself is not in it."},
    Family{"config_apply_timestamp_seconds", Kind::gauge, "", kSince,
        "When the running generation was published."},
    Family{"config_refusals_total", Kind::counter, "rule", "changes",
        "Changes that were refused, by each rule that they broke; `none`: by no rule of "
        "the checklist. A dry run is none."},
    Family{"config_rollbacks_total", Kind::counter, "cause", "changes",
        "Returns to an earlier generation, by their cause: `operator`, `regression`, "
        "`deadline`, `restart`."},
    Family{"config_rollback_timestamp_seconds", Kind::gauge, "cause", kSince,
        "When the last of these was; 0: there was none."},
    Family{"config_unhealed_timestamp_seconds", Kind::gauge, "", kSince,
        "When one of these last turned out not to have helped; 0: none ever did."},
    Family{"config_drift", Kind::gauge, "kind", kYesNo,
        "1: the `file`, or the `kernel`, says something else than the running generation."},
    Family{"publish_duration_seconds", Kind::histogram, "", "seconds",
        "How long it took to write a generation into the kernel, failed attempts included."},
    Family{"publish_failures_total", Kind::counter, "", "generations",
        "Generations that could not be stored or written; the one before runs on."},
    Family{"check_coverage_ratio", Kind::gauge, "vip, pool", "ratio",
        "Backends whose check passed or failed within `stale_after`, of all; a start of lbd "
        "gives each as long for the first time. Unchecked ones are not covered."},
    Family{"checks_total", Kind::counter, "pool, backend, result", "checks",
        "Checks that ended as `pass`, `fail` or `inconclusive`, at all addresses of its "
        "vips."},
    Family{"check_failures_total", Kind::counter, "pool, backend, reason", "checks",
        "Checks that did not pass; `backend.*`: a fail, `local.*`: inconclusive."},
    Family{"check_duration_seconds", Kind::histogram, "pool", "seconds",
        "How long the checks took that passed or failed."},
    Family{"check_last_result_timestamp_seconds", Kind::gauge, "vip, pool, backend", kSince,
        "When its check last passed or failed; 0: not since lbd started."},
    Family{"pool_unchecked", Kind::gauge, "pool", kYesNo,
        "1: the pool has a waiver instead of a check."},
    Family{"pool_unchecked_until_timestamp_seconds", Kind::gauge, "pool", kSince,
        "End of the waiver; only where there is one."},
    Family{"readiness", Kind::gauge, "state", kYesNo,
        "What stands against bringing packets to this host, as `/readyz` says: `none`, `detached`, "
        "`no_program`, `cut_off`, `no_backend`."},
    Family{"interface_attached", Kind::gauge, "interface", kYesNo,
        "1: the program is on that interface of `node.interfaces`."},
    Family{"checker_state", Kind::gauge, "state", kYesNo,
        "Whether lbd believes its own results: `OK`, `SUSPECT`, `BROKEN` ([is it "
        "us?](health-checks.md#is-it-us))."},
    Family{"checker_restarts_total", Kind::counter, "", "starts",
        "Starts of lbd-check, after its first."},
    Family{"event_loop_lag_seconds", Kind::histogram, "", "seconds",
        "How late lbd ran a timer, four times a second."},
    Family{"vip_backends", Kind::gauge, "vip, pool", "backends",
        "Backends of its pool."},
    Family{"vip_ready_backends", Kind::gauge, "vip, pool", "backends",
        "Those that count: `ready`, backups only while they serve."},
    Family{"vip_healthy_backends", Kind::gauge, "vip, pool", "backends",
        "Of those the healthy ones that have a weight."},
    Family{"vip_eligible_backends", Kind::gauge, "vip, pool", "backends",
        "Backends that get new flows."},
    Family{"vip_min_healthy", Kind::gauge, "vip, pool", "backends",
        "With fewer healthy ones the mode is not normal."},
    Family{"vip_config_hash", Kind::gauge, "vip, pool", "",
        "48 bits of a hash of the vip, its pool and the seed, without `source` and `interface` of "
        "a check: the same on hosts that are to send its connections the same way."},
    Family{"vip_mode", Kind::gauge, "vip, pool, mode", kYesNo,
        "The mode of its pool: `normal`, `fail_open`, `fail_closed`."},
    Family{"vip_packets_total", Kind::counter, "vip, pool", "packets",
        "Packets that came for it and were forwarded."},
    Family{"vip_bytes_total", Kind::counter, "vip, pool", "bytes",
        "Bytes of those packets, as they came."},
    Family{"backend_state", Kind::gauge, "vip, pool, backend, state", kYesNo,
        "Its health: `CHECKING`, `UP`, `DOWN`, `STALE`, `HELD_DOWN`, `UNCHECKED`."},
    Family{"backend_admin_state", Kind::gauge, "vip, pool, backend, state", kYesNo,
        "What people say about it: `ready`, `drain`, `maint`."},
    Family{"backend_admin_since_timestamp_seconds", Kind::gauge, "vip, pool, backend", kSince,
        "Since when a person's word stands over the configuration; only where it does."},
    Family{"backend_eligible", Kind::gauge, "vip, pool, backend", kYesNo,
        "1: it gets new flows."},
    Family{"backend_weight", Kind::gauge, "vip, pool, backend", "",
        "As configured, or what [a person](lbctl.md#drain-maint-ready-weight-poolbackend)"
        " has said."},
    Family{"backend_transitions_total", Kind::counter, "vip, pool, backend", "changes",
        "Changes of its health state."},
    Family{"backend_packets_total", Kind::counter, "vip, pool, backend", "packets",
        "Packets forwarded to it."},
    Family{"backend_new_flows_total", Kind::counter, "vip, pool, backend", "flows",
        "TCP connections that clients began there: SYNs forwarded to it."},
    Family{"backend_witness_samples_total", Kind::counter, "vip, pool, backend", "handshakes",
        "TCP handshakes of clients that were timed."},
    Family{"backend_witness_completed_total", Kind::counter, "vip, pool, backend", "handshakes",
        "Those of them that the backend answered."},
    Family{"backend_witness_latency_seconds", Kind::summary, "vip, pool, backend", "seconds",
        "How long the completed ones took; sum and count, no quantiles."},
    Family{"dropped_packets_total", Kind::counter, "reason", "packets",
        "Packets to vips that were dropped (the same words as in `lbctl status`)."},
    Family{"event_log_errors_total", Kind::counter, "", "events",
        "Events that could not be written."},
    Family{"event_hook_failures_total", Kind::counter, "", "runs",
        "Runs of the [event hook](events.md#event-hook) that did not end well."},
    Family{"event_hook_missed_total", Kind::counter, "", "events",
        "Events that it was not run for, because too many waited."},
    Family{"audit_findings", Kind::gauge, "severity", "findings",
        "What the last audit found: `warning`, `error`; of alert rules, the last one that [asked "
        "Prometheus](lbctl.md#audit)."},
    Family{"audit_last_success_timestamp_seconds", Kind::gauge, "", kSince,
        "When an audit last came to its end; 0: none ever did."},
};
// clang-format on

/// The words of `...` and of [...](...): HELP knows no Markdown.
std::string plain(std::string_view text) {
    std::string words;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto close = text.find("](", i);
        if (text[i] == '[' && close != text.npos) {
            words += text.substr(i + 1, close - i - 1);
            i = text.find(')', close);
        } else if (text[i] != '`') {
            words += text[i];
        }
    }
    return words;
}

std::string cell(std::string_view text) {
    return text.empty() ? " |" : " " + std::string{text} + " |";
}

/// "`vip`, `pool`"
std::string in_code(std::string_view labels) {
    std::string out;
    while (!labels.empty()) {
        const auto end = std::min(labels.find(", "), labels.size());
        out += (out.empty() ? "`" : ", `") + std::string{labels.substr(0, end)} + "`";
        labels.remove_prefix(std::min(end + 2, labels.size()));
    }
    return out;
}

}  // namespace

std::span<const Family> families() {
    return kFamilies;
}

void begin(std::string_view name, Text& text) {
    const auto family = std::ranges::find(kFamilies, name, &Family::name);
    assert(family != kFamilies.end());
    text.begin(family->name, family->kind, plain(family->help));
}

std::uint64_t number_of_hash(const std::string& hash) {
    std::uint64_t value = 0;
    (void)std::from_chars(hash.data(), hash.data() + hash.size(), value, 16);
    return value;
}

std::string reference() {
    std::string out =
        "\n"
        "| metric | type | labels | unit | meaning |\n"
        "|---|---|---|---|---|\n";
    for (const auto& family : kFamilies)
        out += "| `lbd_" + std::string{family.name} + "` |" + cell(word(family.kind)) +
               cell(in_code(family.labels)) + cell(family.unit) + cell(family.help) + "\n";
    return out + "\n";
}

}  // namespace lb::metrics
