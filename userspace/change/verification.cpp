// SPDX-License-Identifier: Apache-2.0
#include "change/verification.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "checklist/succession.hpp"
#include "model/target.hpp"

namespace lb::change {
namespace {

using checklist::is_checked;
using namespace std::chrono_literals;

constexpr std::uint64_t kFewDrops = 10;
constexpr double kTraffic = 100;   // packets a second, from which on their absence says something
constexpr double kCollapse = 0.1;  // of what was usual
constexpr auto kSilence = 3s;      // a pause of clients is shorter
constexpr auto kSteady = 9s;       // a burst of clients is shorter
constexpr std::uint64_t kSamples = 50;  // as plan/witness

double seconds(Time from, Time to) {
    return std::chrono::duration<double>(to - from).count();
}

std::string tenths(double value) {
    return std::to_string(std::llround(value));
}

Traffic::Vip of(const Traffic& traffic, const std::string& vip) {
    const auto found = traffic.vips.find(vip);
    return found == traffic.vips.end() ? Traffic::Vip{} : found->second;
}

/// Of a vip in the slowest kSilence of the last kSteady, per second; 0 where fewer than two of them
/// were seen, one after the other.
double steady_packets(const std::deque<Traffic>& minute, const std::string& vip) {
    const auto& now = minute.back();
    if (now.at - minute.front().at < 2 * kSilence) return 0;
    const auto first_since = [&](Time at) {
        return std::find_if(minute.begin(), minute.end(),
                            [&](const Traffic& each) { return each.at >= at; });
    };
    auto slowest = std::numeric_limits<double>::max();
    for (auto from = first_since(now.at - kSteady); from != minute.end(); ++from) {
        const auto to = first_since(from->at + kSilence);
        if (to == minute.end()) break;
        slowest = std::min(slowest, packets_per_second(*from, *to, vip));
    }
    return slowest;
}

double ratio(const Handshakes& of) {
    return static_cast<double>(of.completed) / static_cast<double>(of.samples);
}

const BackendHealth* find(const HealthView& health, const Target& target) {
    const auto found = health.find(target);
    return found == health.end() ? nullptr : &found->second;
}

bool is_up(const HealthView& health, const Target& target) {
    const auto* its = find(health, target);
    return its && its->verdict == HealthVerdict::up;
}

/// Whatever people said about them meanwhile: a drain is no regression.
int healthy(const Vitals& vitals, const std::string& vip, const std::set<Target>& but = {}) {
    const auto& spec = vitals.spec.vips.at(vip);
    const auto front = front_of(vitals.spec, spec);
    const auto& backends = vitals.spec.pools.at(spec.pool).backends;
    return static_cast<int>(std::count_if(backends.begin(), backends.end(), [&](const auto& entry) {
        const Target target{front, entry.first};
        return entry.second.state == AdminState::ready && entry.second.weight > 0 &&
               is_up(vitals.health, target) && !but.contains(target);
    }));
}

const plan::Standing& standing(const Vitals& vitals, const std::string& vip) {
    return vitals.standings.at(front_of(vitals.spec, vitals.spec.vips.at(vip)));
}

/// The same backend on both sides: where, how, and whether it is to serve.
bool is_unchanged(const Spec& before, const Spec& after, const BackendId& id) {
    const auto pool = before.pools.find(id.pool);
    if (pool == before.pools.end()) return false;
    const auto was = pool->second.backends.find(id.backend);
    if (was == pool->second.backends.end()) return false;
    const auto& is = after.pools.at(id.pool).backends.at(id.backend);
    return was->second.address == is.address && was->second.state == is.state &&
           pool->second.forward == after.pools.at(id.pool).forward;
}

/// A check that is new, too, has been made twice by then.
Time coverage_due(const Check& check, Time published) {
    return published + 2 * (check.interval * (100 + check.jitter_percent) / 100) + check.timeout;
}

}  // namespace

bool is_our_drop(const std::string& verdict) {
    static constexpr const char* kOurs[] = {"no_backend", "bad_ref",      "encap",
                                            "mtu",        "no_neighbour", "no_source"};
    return std::any_of(std::begin(kOurs), std::end(kOurs),
                       [&](const char* name) { return verdict == name; });
}

double packets_per_second(const Traffic& from, const Traffic& to, const std::string& vip) {
    const auto before = of(from, vip).packets, after = of(to, vip).packets;
    if (after < before || to.at <= from.at) return 0;
    return static_cast<double>(after - before) / seconds(from.at, to.at);
}

Handshakes handshakes(const Traffic& from, const Traffic& to, const std::string& vip) {
    const auto a = of(from, vip).handshakes, b = of(to, vip).handshakes;
    if (b.samples < a.samples || b.completed < a.completed) return {};
    return {b.samples - a.samples, b.completed - a.completed, 0};
}

std::set<std::string> affected_vips(const std::vector<config::Difference>& differences,
                                    const Spec& after) {
    std::set<std::string> objects, vips;
    for (const auto& difference : differences)
        objects.insert(difference.object);
    for (const auto& [name, vip] : after.vips)
        if (objects.contains("node") || objects.contains("vip \"" + name + "\"") ||
            objects.contains("pool \"" + vip.pool + "\""))
            vips.insert(name);
    return vips;
}

Verification::Verification(Terms terms, const Vitals& before, const Vitals& after,
                           const std::deque<Traffic>& minute, Time now)
    : terms_{std::move(terms)}, published_{now} {
    note_lost_checks(before.spec, after.spec);
    note_health(before, after);
    note_traffic(minute);
}

bool Verification::is_accepted(const char* rule, const std::string& object) const {
    return std::find(terms_.accepts.begin(), terms_.accepts.end(), rule + (":" + object)) !=
           terms_.accepts.end();
}

// ------------------------------------------------------------------------------------- what was

/// Whose check ends with the change.  A pool that had none before excuses nobody who comes to it.
void Verification::note_lost_checks(const Spec& before, const Spec& after) {
    const auto all = [&](const std::string& pool) {
        return std::to_string(after.pools.at(pool).backends.size()) + " backends";
    };
    for (const auto& [name, pool] : after.pools)
        if (!before.pools.contains(name) && !is_checked(pool)) lost_[name] = all(name);
    for (const auto& each : checklist::successions(before, after))
        if (checklist::loses_its_check(each, before, after))
            lost_[each.after] = each.stays() ? all(each.after) : each.text();
}

void Verification::note_health(const Vitals& before, const Vitals& after) {
    for (const auto& name : terms_.vips) {
        auto& usual = usual_[name];
        const auto& vip = after.spec.vips.at(name);
        const auto& pool = after.spec.pools.at(vip.pool);
        usual.may_leave_normal = is_accepted("LB703", name);
        if (const auto old = before.spec.vips.find(name); old != before.spec.vips.end()) {
            const auto was = healthy(before, name);
            // Of before: no change can lower the bar for itself.
            const auto& old_pool = before.spec.pools.at(old->second.pool);
            const auto share = std::ceil(was * old_pool.change_floor_percent / 100.0);
            const auto least = plan::stricter(old_pool.min_healthy, standing(after, name));
            usual.floor = std::max(std::min(was, least), static_cast<int>(share));
            usual.may_leave_normal |= standing(before, name).mode != plan::PoolMode::normal;
        }
        if (is_accepted("LB703", name)) usual.floor = healthy(after, name, terms_.failing);
        const auto front = front_of(after.spec, vip);
        for (const auto& [backend, its] : pool.backends) {
            const Target target{front, backend};
            if (is_unchanged(before.spec, after.spec, target.id()) &&
                is_up(before.health, target) && is_up(after.health, target) &&
                !terms_.failing.contains(target))
                up_.insert(target);
        }
        note_conclusions(after, name);
    }
}

/// Whoever is silent already is not expected to say anything.
void Verification::note_conclusions(const Vitals& now, const std::string& vip) {
    const auto& its = now.spec.vips.at(vip);
    const auto front = front_of(now.spec, its);
    for (const auto& [backend, entry] : now.spec.pools.at(its.pool).backends) {
        const Target target{front, backend};
        const auto* health = find(now.health, target);
        if (health && health->state != HealthState::stale)
            conclusions_[its.pool][target] = health->conclusions;
    }
}

/// As many packets as came in the last minute, but no more than came all the time at its end.
void Verification::note_traffic(const std::deque<Traffic>& minute) {
    if (minute.empty()) return;
    const auto& now = minute.back();
    since_.push_back(now);
    const auto& first = minute.front();
    if (first.at >= now.at) return;
    drops_per_second_ = static_cast<double>(now.drops - first.drops) / seconds(first.at, now.at);
    for (auto& [name, usual] : usual_) {
        usual.packets =
            std::min(packets_per_second(first, now, name), steady_packets(minute, name));
        usual.handshakes = change::handshakes(first, now, name);
    }
}

// ------------------------------------------------------------------------------------ what is

std::optional<Regression> Verification::coverage(const Vitals& now, const std::string& name,
                                                 Time at) const {
    const auto& pool = now.spec.pools.at(name);
    const auto all = std::to_string(pool.backends.size());
    if (!is_checked(pool)) {
        const auto lost = lost_.find(name);
        if (lost == lost_.end() || is_accepted("LB701", name) || is_accepted("LB711", name))
            return {};
        return Regression{"R1", "pool " + name, "check REMOVED (" + lost->second + ")"};
    }
    const auto expected = conclusions_.find(name);
    if (at < coverage_due(*pool.check, published_) || expected == conclusions_.end()) return {};
    std::set<std::string> silent;  // a backend once, at however many addresses
    for (const auto& [target, conclusions] : expected->second)
        if (const auto* its = find(now.health, target); its && its->conclusions == conclusions)
            silent.insert(target.backend);
    if (silent.empty()) return {};
    return Regression{
        "R1", "pool " + name,
        "no result of the check for " + std::to_string(silent.size()) + " of " + all + " backends"};
}

std::optional<Regression> Verification::fall(const Vitals& now) const {
    for (const auto& target : up_)
        if (const auto* its = find(now.health, target); its && its->verdict == HealthVerdict::down)
            return Regression{"R2", "backend " + target.text(),
                              std::string{"UP -> "} + text(its->state) + ": " + its->why +
                                  (is_taken_back_ ? "" : "; by chance? then apply again")};
    return {};
}

std::optional<Regression> Verification::floor(const Vitals& now, const std::string& vip) const {
    const auto& usual = usual_.at(vip);
    const auto is = healthy(now, vip);
    if (is < usual.floor)
        return Regression{"R3", "vip " + vip,
                          std::to_string(is) + " healthy backends, at least " +
                              std::to_string(usual.floor) + " must stay"};
    const auto mode = standing(now, vip).mode;
    if (mode == plan::PoolMode::normal || usual.may_leave_normal) return {};
    return Regression{"R3", "vip " + vip, std::string{"mode normal -> "} + plan::text(mode)};
}

/// Half as much again as before may be chance, where many are dropped anyway.
std::optional<Regression> Verification::drops(const Traffic& now) const {
    if (is_taken_back_ && !drops_per_second_) return {};  // by a restart: nothing to go back to
    const auto& start = since_.front();
    const auto dropped = static_cast<double>(now.drops - start.drops);
    const auto usual = drops_per_second_.value_or(0) * seconds(start.at, now.at);
    if (dropped < 1.5 * usual || dropped - usual < kFewDrops) return {};
    return Regression{"R4", "node",
                      tenths(dropped) + " packets dropped (no backend, next hop or room), " +
                          tenths(usual) + " would be usual"};
}

std::optional<Regression> Verification::silence(const Traffic& now, const std::string& vip) const {
    const auto& usual = usual_.at(vip);
    const auto from = std::find_if(since_.rbegin(), since_.rend(), [&](const Traffic& each) {
        return each.at <= now.at - kSilence;
    });
    if (from != since_.rend() && usual.packets > kTraffic) {
        const auto is = packets_per_second(*from, now, vip);
        if (is < kCollapse * usual.packets)
            return Regression{"R5", "vip " + vip,
                              "packets per second " + tenths(usual.packets) + " -> " + tenths(is)};
    }
    const auto handshakes = change::handshakes(since_.front(), now, vip);
    if (usual.handshakes.samples < kSamples || handshakes.samples < kSamples) return {};
    if (ratio(handshakes) >= ratio(usual.handshakes) / 2) return {};
    return Regression{"R5", "vip " + vip,
                      "handshakes completed " + tenths(100 * ratio(usual.handshakes)) + " % -> " +
                          tenths(100 * ratio(handshakes)) + " %"};
}

}  // namespace lb::change
