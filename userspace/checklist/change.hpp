// SPDX-License-Identifier: Apache-2.0
/// change: the rules about a change, which look at the running configuration as well.
///
/// They refuse what would have been the outage: a check that goes, or says less than before.  Each
/// can be accepted by name, for one change and with a reason (accept.hpp).
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "checklist/rules.hpp"
#include "model/host.hpp"
#include "model/view.hpp"

namespace lb::checklist {

/// Healthy backends of a vip, as many as count for its pool's min_healthy.
struct VipOutlook {
    int healthy = 0;      ///< now
    int predicted = 0;    ///< after the change: of new checks, as their preflight says
    int floor = 1;        ///< min_healthy, the stricter of before and after the change
    bool is_new = false;  ///< it was not there before
    /// Its pool had min_healthy and has not after the change; or turns clients away from then on.
    bool falls_short = false;
};

struct Change {
    const Spec& before;
    const Spec& after;
    std::uint64_t generation = 0;              ///< of `before`
    std::map<std::string, VipOutlook> vips{};  ///< by name, of `after`
    bool is_way_back = false;                  ///< to a generation that ran before
    std::map<std::string, double> packets{};   ///< a second, in the last minute; vips of `before`
    /// What came of the checks that are new; nothing: they have not been made yet, and rules that
    /// are about them wait.
    std::optional<std::vector<PreflightView>> preflight{};
    /// Of `after`, what is taken over from `before`, whatever the preflight says.
    HealthView inherited{};
    std::optional<std::uint64_t> expected{};  ///< the generation that somebody planned with
    std::string unfinished{};  ///< "verifying": what `generation` still is; empty: confirmed
    bool is_explained = true;  ///< somebody said what it is for
    /// Of the host that it is for; nothing: nobody looked.  Errors of host rules refuse it, too.
    std::optional<HostFacts> host{};
};

struct ChangeRule {
    std::string_view id;
    Severity severity;
    std::string_view title;
    void (*apply)(const Change&, Report&);
    bool guards_way_back = false;  ///< the way back is open otherwise
    bool is_final = false;         ///< nobody can accept it
    bool lasts = false;            ///< it is about how things are, and not about the step to that
};

/// By name, for one change: a warning refuses nothing, so there is nothing to accept.
bool may_be_accepted(const ChangeRule& rule);

/// Every rule about changes, once, sorted by id.
std::span<const ChangeRule> change_rules();

/// "LB701": it looks at what runs as well.
bool is_about_changes(std::string_view rule);

/// What they find, and the errors of host rules.  It has no place in a file: the change is wrong,
/// not a line.
Findings review(const Change& change);

// 7xx, in rules_change.cpp
void enough_stay_healthy(const Change& change, Report& report);
void new_checks_pass(const Change& change, Report& report);
void new_checks_are_no_weaker(const Change& change, Report& report);
void vips_with_traffic_stay(const Change& change, Report& report);
void the_plan_is_fresh(const Change& change, Report& report);
void one_at_a_time(const Change& change, Report& report);
void slots_stay(const Change& change, Report& report);
void changes_are_explained(const Change& change, Report& report);
void pools_change_step_by_step(const Change& change, Report& report);

// 7xx, in rules_checks.cpp
void checks_stay(const Change& change, Report& report);
void checks_stay_as_strict(const Change& change, Report& report);
void checks_ask_the_same(const Change& change, Report& report);
void the_door_stays_open(const Change& change, Report& report);
void new_pools_are_checked(const Change& change, Report& report);

}  // namespace lb::checklist
