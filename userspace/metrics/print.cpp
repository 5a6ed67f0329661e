// SPDX-License-Identifier: Apache-2.0
#include "metrics/print.hpp"

#include "metrics/families.hpp"

namespace lb::metrics {
namespace {

/// By the names of bpf/abi.h: what is not one of those was dropped.
bool is_drop(std::string_view verdict) {
    return !verdict.starts_with("pass_") && !verdict.starts_with("forward") &&
           !verdict.starts_with("reply_");
}

void print_drops(const Figures& figures, Text& text) {
    text.begin("dropped_packets_total", Kind::counter,
               "Packets to a vip that were dropped, by the reason.");
    for (const auto& verdict : figures.verdicts)
        if (is_drop(verdict.name)) text.add({{"reason", verdict.name}}, verdict.packets);
}

void print_events(const Tally& tally, Text& text) {
    text.begin("event_log_errors_total", Kind::counter,
               "Events that could not be written to the event log.");
    text.add({}, tally.event_log_errors);
    text.begin("event_hook_failures_total", Kind::counter,
               "Runs of the event hook that did not end well.");
    text.add({}, tally.event_hook_failures);
    text.begin("event_hook_missed_total", Kind::counter,
               "Events that the event hook was not run for, because too many waited.");
    text.add({}, tally.event_hook_missed);
}

void print_audit(const Lasting& lasting, Text& text) {
    text.begin("audit_findings", Kind::gauge, "What the last audit found.");
    for (const auto severity : {Severity::warning, Severity::error})
        text.add({{"severity", lb::text(severity)}},
                 lasting.audit_findings[static_cast<std::size_t>(severity)]);
    text.begin("audit_last_success_timestamp_seconds", Kind::gauge,
               "When an audit last came to its end, 0 if none ever did.");
    text.add({}, lasting.audit_succeeded_at);
}

}  // namespace

std::string print(const Figures& figures, const Tally& tally) {
    Text text;
    print_configuration(figures, tally, text);
    print_checks(figures, text);
    print_vips(figures, text);
    print_backends(figures, text);
    print_drops(figures, text);
    print_events(tally, text);
    print_audit(tally.lasting, text);
    return text.text();
}

}  // namespace lb::metrics
