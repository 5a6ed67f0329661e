// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <set>
#include <vector>

#include "checklist/change.hpp"
#include "checklist/succession.hpp"
#include "model/target.hpp"

namespace lb::checklist {
namespace {

constexpr double kTraffic = 1;  // packets a second that somebody would miss

bool was_tried(const Change& change, const std::string& pool) {
    return std::any_of(change.preflight->begin(), change.preflight->end(),
                       [&](const PreflightView& each) { return each.id.pool == pool; });
}

/// Backends, each once, at however many addresses.
struct Tried {
    std::set<std::string> all;       // whose verdict is the one in question, somewhere
    std::set<std::string> matching;  // of whom the new check says otherwise there
    std::string example;
};

/// What counts for it until its new check has said otherwise: also while nobody looks (UNCHECKED),
/// or nothing is known (STALE).
HealthVerdict verdict(const Change& change, const PreflightView& tried) {
    const auto found = change.inherited.find({{tried.id.pool, tried.via}, tried.id.backend});
    return found == change.inherited.end() ? HealthVerdict::none : found->second.verdict;
}

/// By pool.
std::map<std::string, Tried> tried(const Change& change, HealthVerdict now, Outcome outcome) {
    std::map<std::string, Tried> found;
    for (const auto& each : change.preflight.value_or(std::vector<PreflightView>{})) {
        if (verdict(change, each) != now) continue;
        auto& counted = found[each.id.pool];
        counted.all.insert(each.id.backend);
        if (each.result.outcome != outcome) continue;
        counted.matching.insert(each.id.backend);
        counted.example = each.id.backend + ": " + describe(each.result);
    }
    return found;
}

/// Whether `spec` has a vip of whatever name at this address, port and protocol.
bool is_served(const Spec& spec, const Vip& vip) {
    return std::any_of(spec.vips.begin(), spec.vips.end(), [&](const auto& entry) {
        return entry.second.address == vip.address && entry.second.ports == vip.ports &&
               entry.second.protocol == vip.protocol;
    });
}

using Backends = std::map<std::string, BackendSpec>;

/// Whose address is not there any more.
std::size_t gone_from(const Backends& had, const Backends& has) {
    std::set<Address> stay;
    for (const auto& [name, backend] : has)
        stay.insert(backend.address);
    return static_cast<std::size_t>(std::ranges::count_if(
        had, [&](const auto& entry) { return !stay.contains(entry.second.address); }));
}

}  // namespace

/// `change_floor` of what is healthy now, and min_healthy, neither of them lowered by the change
/// itself; only what it takes away.
void enough_stay_healthy(const Change& change, Report& report) {
    if (!change.preflight) return;
    for (const auto& [name, outlook] : change.vips) {
        if (outlook.is_new) {
            if (outlook.predicted == 0 && was_tried(change, change.after.vips.at(name).pool))
                report.add({}, named("vip", name), "new, and no check of its backends passes",
                           "make a backend pass first: lbctl plan shows what each says");
            continue;
        }
        const auto& pool = change.before.pools.at(change.before.vips.at(name).pool);
        const auto share = std::ceil(outlook.healthy * pool.change_floor_percent / 100.0);
        const int floor = std::max(outlook.floor, static_cast<int>(share));
        const bool is_its_doing = outlook.predicted < outlook.healthy || outlook.falls_short;
        if (is_its_doing && outlook.predicted < floor)
            report.add({}, named("vip", name),
                       "healthy backends " + std::to_string(outlook.healthy) + " -> " +
                           std::to_string(outlook.predicted) + ", at least " +
                           std::to_string(floor) + " must stay",
                       "smaller steps: a new backend counts when its check has passed");
    }
}

void new_checks_pass(const Change& change, Report& report) {
    for (const auto& [name, counted] : tried(change, HealthVerdict::up, Outcome::fail))
        if (!counted.matching.empty())
            report.add({}, named("pool", name),
                       "preflight: the new check fails on " +
                           std::to_string(counted.matching.size()) + " of " +
                           std::to_string(counted.all.size()) +
                           " backends that are up: " + counted.example,
                       "fix the check, or the backends first");
}

void new_checks_are_no_weaker(const Change& change, Report& report) {
    for (const auto& [name, counted] : tried(change, HealthVerdict::down, Outcome::pass))
        if (!counted.matching.empty())
            report.add({}, named("pool", name),
                       "preflight: the new check passes on " +
                           std::to_string(counted.matching.size()) + " of " +
                           std::to_string(counted.all.size()) +
                           " backends that are down: " + counted.example,
                       "is it weaker than the old one?");
}

void vips_with_traffic_stay(const Change& change, Report& report) {
    for (const auto& [name, vip] : change.before.vips) {
        const auto pace = change.packets.find(name);
        if (pace == change.packets.end() || pace->second < kTraffic || is_served(change.after, vip))
            continue;
        report.add({}, named("vip", name),
                   (change.after.vips.contains(name) ? "moved" : "removed") +
                       std::string{" while it gets "} + std::to_string(std::llround(pace->second)) +
                       " packets a second",
                   "lead the traffic away first");
    }
}

void the_plan_is_fresh(const Change& change, Report& report) {
    if (change.expected && *change.expected != change.generation)
        report.add(
            {}, "generation " + std::to_string(change.generation),
            "runs, but the change was planned with generation " + std::to_string(*change.expected),
            "plan again: lbctl plan FILE");
}

void one_at_a_time(const Change& change, Report& report) {
    if (!change.unfinished.empty())
        report.add({}, "generation " + std::to_string(change.generation),
                   "is " + change.unfinished + ", not confirmed yet",
                   "wait for it, or: lbctl confirm, lbctl rollback");
}

void slots_stay(const Change& change, Report& report) {
    for (const auto& [name, after] : change.after.vips)
        if (const auto before = change.before.vips.find(name);
            before != change.before.vips.end() && before->second.slots != after.slots)
            report.add({}, named("vip", name),
                       "slots " + std::to_string(before->second.slots) + " -> " +
                           std::to_string(after.slots) + ": almost every flow gets another backend",
                       "keep them, or drain the host first");
}

void changes_are_explained(const Change& change, Report& report) {
    if (!change.is_explained)
        report.add({}, "change", "neither --comment nor --change-id says what it is for",
                   "pass the commit, for those who come after");
}

/// A backend that is moved has no part in it: it is what the clients of a vip meet.
void pools_change_step_by_step(const Change& change, Report& report) {
    for (const auto& each : successions(change.before, change.after)) {
        if (!each.stays() && each.vips.empty()) continue;
        const auto& had = change.before.pools.at(each.before).backends;
        const auto gone = gone_from(had, change.after.pools.at(each.after).backends);
        if (2 * gone > had.size())
            report.add({}, named("pool", each.after),
                       std::to_string(gone) + " of " + std::to_string(had.size()) +
                           " backends replaced at once" +
                           (each.stays() ? "" : " (" + each.text() + ")"),
                       "add the new ones first, then take the old ones out");
    }
}

}  // namespace lb::checklist
