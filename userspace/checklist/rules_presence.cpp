// SPDX-License-Identifier: Apache-2.0
#include "checklist/rules.hpp"

namespace lb::checklist {
namespace {

constexpr std::chrono::days kLongestWaiver{30};

/// Why it is no waiver at all, whatever the day; empty: it is one.
std::string defect(const Check& waiver) {
    if (waiver.reason.empty() && !waiver.until) return "type: none without reason and until";
    if (waiver.reason.empty()) return "type: none without reason";
    return waiver.until ? "" : "type: none without until";
}

/// Calls `visit(name, waiver)` for each pool with `type: none`.
template <class Visit>
void for_waivers(const Spec& spec, Visit visit) {
    for (const auto& [name, pool] : spec.pools)
        if (pool.check && pool.check->is_none()) visit(name, *pool.check);
}

bool is_over(const Check& waiver, const Report& report) {
    return report.today() && *waiver.until < *report.today();
}

}  // namespace

void every_pool_has_a_check(const Spec& spec, Report& report) {
    for (const auto& [name, pool] : spec.pools)
        if (!pool.check)
            report.add(pool.where, named("pool", name), "no health_check, or one without a type",
                       "add one, e.g. health_check: {type: http, path: /healthz}; "
                       "there is no default");
}

void waivers_say_why_and_until_when(const Spec& spec, Report& report) {
    for_waivers(spec, [&](const std::string& name, const Check& waiver) {
        auto message = defect(waiver);
        if (message.empty() && report.today() && *waiver.until > *report.today() + kLongestWaiver)
            message = "unchecked until " + print_date(*waiver.until) + ", more than 30 days ahead";
        if (!message.empty())
            report.add(waiver.where, named("pool", name), message,
                       "say why and until when, 30 days ahead at most, or restore the check");
    });
}

void waivers_have_not_expired(const Spec& spec, Report& report) {
    for_waivers(spec, [&](const std::string& name, const Check& waiver) {
        if (defect(waiver).empty() && is_over(waiver, report))
            report.add(waiver.where, named("pool", name),
                       "its waiver expired on " + print_date(*waiver.until) + ": " + waiver.reason,
                       "restore the check, or renew with a new reason");
    });
}

void waivers_are_seen(const Spec& spec, Report& report) {
    for_waivers(spec, [&](const std::string& name, const Check& waiver) {
        if (defect(waiver).empty() && !is_over(waiver, report))
            report.add(waiver.where, named("pool", name),
                       "unchecked until " + print_date(*waiver.until) + ": " + waiver.reason,
                       "plan its end");
    });
}

}  // namespace lb::checklist
