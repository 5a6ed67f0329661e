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
    begin("dropped_packets_total", text);
    for (const auto& verdict : figures.verdicts)
        if (is_drop(verdict.name)) text.add({{"reason", verdict.name}}, verdict.packets);
}

void print_host(const Figures& figures, Text& text) {
    begin("readiness", text);
    text.add_set({}, "state", {"none", "detached", "no_program", "cut_off", "no_backend"},
                 lb::text(figures.obstacle));
    begin("interface_attached", text);
    for (const auto& interface : figures.interfaces)
        text.add({{"interface", interface.name}}, static_cast<int>(interface.trouble.empty()));
}

void print_events(const Tally& tally, Text& text) {
    begin("event_log_errors_total", text);
    text.add({}, tally.event_log_errors);
    begin("event_hook_failures_total", text);
    text.add({}, tally.event_hook_failures);
    begin("event_hook_missed_total", text);
    text.add({}, tally.event_hook_missed);
}

void print_audit(const Lasting& lasting, Text& text) {
    begin("audit_findings", text);
    for (const auto severity : {Severity::warning, Severity::error})
        text.add({{"severity", lb::text(severity)}},
                 lasting.audit_findings[static_cast<std::size_t>(severity)]);
    begin("audit_last_success_timestamp_seconds", text);
    text.add({}, lasting.audit_succeeded_at);
}

}  // namespace

std::string print(const Figures& figures, const Tally& tally) {
    Text text;
    print_configuration(figures, tally, text);
    print_host(figures, text);
    print_checks(figures, text);
    print_vips(figures, text);
    print_backends(figures, text);
    print_drops(figures, text);
    print_events(tally, text);
    print_audit(tally.lasting, text);
    return text.text();
}

}  // namespace lb::metrics
