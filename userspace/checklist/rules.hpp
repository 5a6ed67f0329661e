// SPDX-License-Identifier: Apache-2.0
/// rules: what a good configuration is, one small function for each rule, in rules_<group>.cpp.
///
/// A rule looks at the whole spec and reports every offence.  It does not care whether the spec
/// has errors of other kinds: each compares only what it needs.
#pragma once

#include <optional>
#include <string>

#include "base/date.hpp"
#include "model/finding.hpp"

namespace lb::checklist {

/// Where a rule puts what it found, and the day on which it is asked.
class Report {
public:
    Report(std::string_view rule, Severity severity, std::optional<Date> today, Findings& found)
        : rule_{rule}, severity_{severity}, today_{today}, found_{found} {}

    /// Nothing: no date may be held against the spec, it is a stored generation.
    const std::optional<Date>& today() const { return today_; }
    void add(Where where, std::string object, std::string message, std::string fix) {
        found_.push_back({std::string{rule_}, severity_, where, std::move(object),
                          std::move(message), std::move(fix)});
    }

private:
    std::string_view rule_;
    Severity severity_;
    std::optional<Date> today_;
    Findings& found_;
};

/// "pool \"web\""
inline std::string named(const std::string& kind, const std::string& name) {
    return kind + " \"" + name + "\"";
}

// 0xx: presence of checks
void every_pool_has_a_check(const Spec& spec, Report& report);
void waivers_say_why_and_until_when(const Spec& spec, Report& report);
void waivers_have_not_expired(const Spec& spec, Report& report);
void waivers_are_seen(const Spec& spec, Report& report);

// 2xx: quality of a check
void http_is_checked_as_http(const Spec& spec, Report& report);
void the_served_port_is_checked(const Spec& spec, Report& report);
void checks_travel_as_packets_do(const Spec& spec, Report& report);
void server_errors_do_not_pass(const Spec& spec, Report& report);
void redirects_and_refusals_do_not_pass(const Spec& spec, Report& report);
void answers_are_identified(const Spec& spec, Report& report);
void references_are_others(const Spec& spec, Report& report);

// 3xx: timing
void attempts_end_before_the_next(const Spec& spec, Report& report);
void detection_is_quick(const Spec& spec, Report& report);
void detection_is_bounded(const Spec& spec, Report& report);
void one_lost_packet_decides_nothing(const Spec& spec, Report& report);
void checks_fit_the_budget(const Spec& spec, Report& report);
void floor_can_be_met(const Spec& spec, Report& report);
void changes_are_watched(const Spec& spec, Report& report);
void holds_grow(const Spec& spec, Report& report);
void silence_is_longer_than_detection(const Spec& spec, Report& report);

// 4xx: capacity and failure policy
void pools_have_a_spare(const Spec& spec, Report& report);
void failing_checks_leave_the_door_open(const Spec& spec, Report& report);
void everything_fits_into_the_maps(const Spec& spec, Report& report);
void weights_add_up(const Spec& spec, Report& report);
void every_pool_has_backends(const Spec& spec, Report& report);
void slots_are_many(const Spec& spec, Report& report);

// 5xx: addressing
void vips_are_distinct(const Spec& spec, Report& report);
void backends_are_distinct(const Spec& spec, Report& report);
void addresses_lead_to_backends(const Spec& spec, Report& report);

}  // namespace lb::checklist
