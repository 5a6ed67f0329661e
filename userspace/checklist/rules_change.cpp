// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include "checklist/change.hpp"
#include "model/target.hpp"

namespace lb::checklist {
namespace {

/// Calls `look(name, before, after)` for each pool on both sides.
template <class Look>
void each_pool(const Change& change, Look look) {
    for (const auto& [name, after] : change.after.pools)
        if (const auto before = change.before.pools.find(name); before != change.before.pools.end())
            look(name, before->second, after);
}

bool is_checked(const Pool& pool) {
    return pool.check && !pool.check->is_none();
}

/// How much of a service has to work for the check to pass.
int strength(CheckType type) {
    switch (type) {
        case CheckType::http:
        case CheckType::https:
        case CheckType::grpc:
        case CheckType::dns:
            return 4;
        case CheckType::udp:
            return 3;
        case CheckType::tcp:
            return 2;
        case CheckType::icmp:
            return 1;
        case CheckType::none:
            break;
    }
    return 0;
}

/// Collects "fall 3 -> 5" for what is weaker than before.
class Weaker {
public:
    std::string found;

    template <class Value>
    void if_true(bool is_weaker, const char* key, const Value& before, const Value& after) {
        if (is_weaker)
            found += (found.empty() ? "" : ", ") + std::string{key} + " " + before + " -> " + after;
    }
    void doubled(const char* key, milliseconds before, milliseconds after) {
        if_true(after >= 2 * before, key, print_duration(before), print_duration(after));
    }
    void dropped(const char* key, const std::string& before, const std::string& after) {
        if_true(!before.empty() && after.empty(), key, "\"" + before + "\"",
                std::string{"nothing"});
    }
};

bool passes(const Check& check, int status) {
    return std::any_of(
        check.expect_status.begin(), check.expect_status.end(),
        [&](const auto& range) { return range.first <= status && status <= range.last; });
}

bool takes_more_statuses(const Check& before, const Check& after) {
    for (int status = 100; status < 600; ++status)
        if (passes(after, status) && !passes(before, status)) return true;
    return false;
}

bool is_http(const Check& check) {
    return check.type == CheckType::http || check.type == CheckType::https;
}

std::string statuses(const Check& check) {
    std::string words;
    for (const auto& range : check.expect_status)
        words += (words.empty() ? "" : " ") + text(range);
    return words;
}

std::string port_of(const Spec& spec, const std::string& pool) {
    const auto port = check_port(spec, pool);
    return port ? std::to_string(*port) : "none";
}

std::string weakened(const Change& change, const std::string& pool, const Check& before,
                     const Check& after) {
    Weaker weaker;
    const std::string was = text(before.type), is = text(after.type);
    weaker.if_true(strength(after.type) < strength(before.type) ||
                       (before.type == CheckType::https && after.type == CheckType::http),
                   "type", was, is);
    const auto port_before = port_of(change.before, pool), port_after = port_of(change.after, pool);
    weaker.if_true(port_before != port_after, "port", port_before, port_after);
    weaker.if_true(before.via == CheckVia::vip && after.via == CheckVia::direct, "check_via",
                   std::string{"vip"}, std::string{"direct"});
    if (before.type == after.type) {
        weaker.dropped("expect_header", before.expect_header, after.expect_header);
        weaker.dropped("expect_body", before.expect_body, after.expect_body);
        weaker.dropped("expect", before.expect, after.expect);
        weaker.dropped("expect_answer", before.expect_answer, after.expect_answer);
        weaker.if_true(before.type == CheckType::https && before.tls_verify && !after.tls_verify,
                       "tls_verify", std::string{"true"}, std::string{"false"});
    }
    if (is_http(before) && is_http(after))
        weaker.if_true(takes_more_statuses(before, after), "expect_status", statuses(before),
                       statuses(after));
    weaker.doubled("interval", before.interval, after.interval);
    weaker.doubled("timeout", before.timeout, after.timeout);
    weaker.doubled("stale_after", before.stale_after, after.stale_after);
    weaker.if_true(after.fall >= before.fall + 2, "fall", std::to_string(before.fall),
                   std::to_string(after.fall));
    return weaker.found;
}

}  // namespace

void checks_stay(const Change& change, Report& report) {
    each_pool(change, [&](const std::string& name, const Pool& before, const Pool& after) {
        if (is_checked(before) && !is_checked(after))
            report.add({}, named("pool", name),
                       std::string{"check REMOVED ("} + std::to_string(after.backends.size()) +
                           " backends; generation " + std::to_string(change.generation) + " had " +
                           text(before.check->type) + ")",
                       "keep it");
    });
}

void checks_stay_as_strict(const Change& change, Report& report) {
    each_pool(change, [&](const std::string& name, const Pool& before, const Pool& after) {
        if (!is_checked(before) || !is_checked(after)) return;
        const auto how = weakened(change, name, *before.check, *after.check);
        if (!how.empty())
            report.add(
                {}, named("pool", name),
                "check WEAKENED (" + std::to_string(after.backends.size()) + " backends): " + how,
                "keep it");
    });
}

/// `change_floor` of what is healthy now, and min_healthy; only what the change itself takes away.
void enough_stay_healthy(const Change& change, Report& report) {
    for (const auto& [name, outlook] : change.vips) {
        const auto& pool = change.before.pools.at(change.before.vips.at(name).pool);
        const auto share = std::ceil(outlook.healthy * pool.change_floor_percent / 100.0);
        const int floor = std::max(outlook.floor, static_cast<int>(share));
        if (outlook.predicted < outlook.healthy && outlook.predicted < floor)
            report.add({}, named("vip", name),
                       "healthy backends " + std::to_string(outlook.healthy) + " -> " +
                           std::to_string(outlook.predicted) + ", at least " +
                           std::to_string(floor) + " must stay",
                       "smaller steps: a new backend counts when its check has passed");
    }
}

void pools_change_step_by_step(const Change& change, Report& report) {
    each_pool(change, [&](const std::string& name, const Pool& before, const Pool& after) {
        std::set<Address> stay;
        for (const auto& [id, backend] : after.backends)
            stay.insert(backend.address);
        const auto gone =
            std::count_if(before.backends.begin(), before.backends.end(),
                          [&](const auto& entry) { return !stay.contains(entry.second.address); });
        if (2 * static_cast<std::size_t>(gone) > before.backends.size())
            report.add({}, named("pool", name),
                       std::to_string(gone) + " of " + std::to_string(before.backends.size()) +
                           " backends replaced at once",
                       "add the new ones first, then take the old ones out");
    });
}

void the_door_stays_open(const Change& change, Report& report) {
    each_pool(change, [&](const std::string& name, const Pool& before, const Pool& after) {
        if (before.all_down == AllDown::fail_open && after.all_down == AllDown::fail_closed)
            report.add({}, named("pool", name), "all_down fail_open -> fail_closed",
                       "keep fail_open: checks can be wrong about all backends at once");
    });
}

void new_pools_are_checked(const Change& change, Report& report) {
    for (const auto& [name, pool] : change.after.pools)
        if (!change.before.pools.contains(name) && !is_checked(pool))
            report.add({}, named("pool", name), "new, and unchecked from its first day",
                       "give it a check");
}

}  // namespace lb::checklist
