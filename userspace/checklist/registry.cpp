// SPDX-License-Identifier: Apache-2.0
#include "checklist/registry.hpp"

#include <array>

#include "checklist/change.hpp"
#include "checklist/suppress.hpp"

namespace lb::checklist {
namespace {

constexpr auto kError = Severity::error;
constexpr auto kWarning = Severity::warning;

constexpr std::array kRules{
    Rule{"LB001", kError, "pool without a health check", every_pool_has_a_check},
    Rule{"LB002", kError, "unchecked without a reason or an end", waivers_say_why_and_until_when},
    Rule{"LB003", kError, "health check is blank", nullptr},
    Rule{"LB004", kError, "waiver of the pool has expired", waivers_have_not_expired},
    Rule{"LB005", kWarning, "pool is unchecked", waivers_are_seen},
    Rule{"LB101", kError, "unknown key", nullptr},
    Rule{"LB102", kError, "duplicate key", nullptr},
    Rule{"LB103", kError, "scalar where a block or a list is expected", nullptr},
    Rule{"LB104", kError, "duration without unit or out of range", nullptr},
    Rule{"LB105", kError, "left over from a template, or blank", nullptr},
    Rule{"LB106", kError, "value of the wrong type or out of range", nullptr},
    Rule{"LB107", kError, "required key is missing", nullptr},
    Rule{"LB108", kError, "YAML that lbd does not read", nullptr},
    Rule{"LB109", kError, "not a YAML text", nullptr},
    Rule{"LB110", kError, "vip names a pool that does not exist", nullptr},
    Rule{"LB111", kError, "port of the check is not known", nullptr},
    Rule{"LB112", kError, "affinity: none for tcp", nullptr},
    Rule{"LB113", kError, "a network is allowed and denied", nullptr},
    Rule{"LB201", kWarning, "tcp or icmp check where HTTP is served", http_is_checked_as_http},
    Rule{"LB202", kWarning, "another port is checked than is served", the_served_port_is_checked},
    Rule{"LB203", kError, "server errors pass the check", server_errors_do_not_pass},
    Rule{"LB204", kWarning, "redirects or refusals pass the check",
         redirects_and_refusals_do_not_pass},
    Rule{"LB205", kWarning, "tunnel and vip are not tested", checks_travel_as_packets_do},
    Rule{"LB206", kError, "udp check that expects nothing", nullptr},
    Rule{"LB207", kWarning, "nothing identifies the answer", answers_are_identified},
    Rule{"LB208", kError, "check_references that prove nothing", references_are_others},
    Rule{"LB210", kError, "the check cannot fail", nullptr, true},
    Rule{"LB301", kError, "not timeout <= fast_interval <= interval", attempts_end_before_the_next},
    Rule{"LB302", kWarning, "detection takes more than 10 s", detection_is_quick},
    Rule{"LB303", kError, "detection takes more than 60 s", detection_is_bounded},
    Rule{"LB304", kWarning, "one lost packet decides", one_lost_packet_decides_nothing},
    Rule{"LB305", kError, "more checks than the budget allows", checks_fit_the_budget},
    Rule{"LB306", kError, "stale before a failure is found", silence_is_longer_than_detection},
    Rule{"LB307", kError, "hold_down_max is less than hold_down", holds_grow},
    Rule{"LB401", kError, "min_healthy can never be met", floor_can_be_met},
    Rule{"LB402", kWarning, "pool with a single backend", pools_have_a_spare},
    Rule{"LB403", kWarning, "a fault of the checker stops the vip",
         failing_checks_leave_the_door_open},
    Rule{"LB404", kError, "more than the maps hold", everything_fits_into_the_maps},
    Rule{"LB405", kError, "weight out of range, or all weights 0", weights_add_up},
    Rule{"LB406", kError, "pool without backends", every_pool_has_backends},
    Rule{"LB407", kWarning, "too few slots for the backends", slots_are_many},
    Rule{"LB501", kError, "two vips with the same address, protocol and a common port",
         vips_are_distinct},
    Rule{"LB502", kError, "same address twice in a pool", backends_are_distinct},
    Rule{"LB503", kError, "address that packets cannot be sent to", addresses_lead_to_backends},
    Rule{"LB802", kError, "allowance that is over, allows nothing or says too little", nullptr},
};

/// Of the index.
std::string row(const auto& rule) {
    return "| [" + std::string{rule.id} + "](" + std::string{rule.id} + ".md) | " +
           text(rule.severity) + " | " + std::string{rule.title} + " |\n";
}

}  // namespace

std::span<const Rule> rules() {
    return kRules;
}

Review review(const Reading& reading, std::optional<Date> today) {
    Findings found;
    for (const auto& rule : kRules) {
        Report report{rule.id, rule.severity, today, found};
        if (rule.apply) rule.apply(reading.spec, report);
    }
    // Without a place: about what could not be read, and reading has said so.
    std::erase_if(found, [](const Finding& finding) { return finding.where.line == 0; });
    found.insert(found.begin(), reading.findings.begin(), reading.findings.end());
    return suppress(std::move(found), reading.allowances, today);
}

std::string index() {
    std::string out =
        "# Rules\n\n"
        "What `lbctl check` and lbd look for, and in LB210 `lbctl test`. An error refuses the "
        "configuration, a warning does not.\n"
        "This page is printed from the table in `userspace/checklist/registry.cpp`; a test holds "
        "it.\n\n"
        "| rule | | what is wrong |\n|---|---|---|\n";
    for (const auto& rule : kRules)
        out += row(rule);
    out +=
        "\n## A change\n\n"
        "What lbd holds against a change of the running configuration; `lbctl apply --dry-run` "
        "asks. "
        "Each can be accepted by name, for one change:\n"
        "`--accept LB701:web --reason TEXT`.\n\n"
        "| rule | | what is wrong |\n|---|---|---|\n";
    for (const auto& rule : change_rules())
        out += row(rule);
    return out;
}

}  // namespace lb::checklist
