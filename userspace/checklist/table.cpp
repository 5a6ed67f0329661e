// SPDX-License-Identifier: Apache-2.0
/// Every rule, once.  What the rules do is in rules_<group>.cpp.
#include <array>

#include "checklist/change.hpp"
#include "checklist/fleet.hpp"
#include "checklist/host.hpp"
#include "checklist/registry.hpp"

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
    Rule{"LB307", kError, "verify_window is less than three detection times", changes_are_watched},
    Rule{"LB308", kError, "hold_down_max is less than hold_down", holds_grow},
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
    Rule{"LB504", kError, "port of a backend", nullptr},
    Rule{"LB802", kError, "allowance that is over, allows nothing or says too little", nullptr},
};

constexpr std::array kChangeRules{
    ChangeRule{"LB701", kError, "check removed", checks_stay, true, false, true},
    ChangeRule{"LB702", kError, "check weakened", checks_stay_as_strict, true, false, true},
    ChangeRule{"LB703", kError, "too few healthy backends after the change", enough_stay_healthy},
    ChangeRule{"LB704", kError, "new check fails on backends that are up", new_checks_pass},
    ChangeRule{"LB705", kWarning, "new check passes on backends that are down",
               new_checks_are_no_weaker},
    ChangeRule{"LB706", kError, "vip removed or moved while it carries traffic",
               vips_with_traffic_stay},
    ChangeRule{"LB707", kError, "more than half of a pool replaced at once",
               pools_change_step_by_step},
    ChangeRule{"LB708", kError, "planned with another generation", the_plan_is_fresh, true, true},
    ChangeRule{"LB709", kError, "another generation is not confirmed yet", one_at_a_time, false,
               true},
    ChangeRule{"LB710", kError, "pool would close when all checks fail", the_door_stays_open, false,
               false, true},
    ChangeRule{"LB711", kError, "new pool is unchecked from its first day", new_pools_are_checked,
               false, false, true},
    ChangeRule{"LB712", kError, "another number of slots: flows move", slots_stay},
    ChangeRule{"LB713", kWarning, "check asks for something else", checks_ask_the_same},
    ChangeRule{"LB801", kWarning, "change without a comment", changes_are_explained},
};

constexpr std::array kHostRules{
    HostRule{"LB505", kWarning, "tunnel does not fit the way to a backend", tunnels_fit},
    HostRule{"LB506", kError, "vip is an address that this host is managed by",
             nobody_is_locked_out},
    HostRule{"LB507", kError, "backend is this host", backends_are_elsewhere},
    HostRule{"LB601", kError, "kernel lacks a feature", the_kernel_has_what_it_takes},
    HostRule{"LB602", kError, "foreign XDP program on an interface", no_other_program_is_there},
    HostRule{"LB603", kError, "fewer descriptors than the checks need", checks_have_descriptors},
    HostRule{"LB604", kError, "checks have no source, or their answers are dropped",
             answers_get_in},
    HostRule{"LB605", kError, "interface does not exist", interfaces_exist},
    HostRule{"LB606", kError, "forward: l2 through a gateway", l2_stays_on_its_network},
    HostRule{"LB607", kWarning, "VLAN tags are taken off before XDP", tags_reach_the_program},
    HostRule{"LB608", kWarning, "no queue for XDP on each CPU", every_cpu_has_a_queue},
    HostRule{"LB609", kWarning, "packets are merged before XDP", packets_come_as_they_were},
    HostRule{"LB610", kWarning, "XDP runs in generic mode", the_driver_does_xdp},
    HostRule{"LB803", kWarning, "nobody can be alerted", somebody_can_be_told},
    HostRule{"LB804", kError, "event hook that cannot be run, or that anybody can change",
             the_hook_can_be_run},
};

constexpr std::array kFleetRules{
    FleetRule{"LB901", kError, "hosts that share a vip disagree about it", hosts_agree},
};

}  // namespace

std::span<const Rule> rules() {
    return kRules;
}

std::span<const ChangeRule> change_rules() {
    return kChangeRules;
}

std::span<const HostRule> host_rules() {
    return kHostRules;
}

std::span<const FleetRule> fleet_rules() {
    return kFleetRules;
}

}  // namespace lb::checklist
