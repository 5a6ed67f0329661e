// SPDX-License-Identifier: Apache-2.0
/// Who is checked, and how: what a configuration, and the way back to one, mean to the checker.
/// What results mean is in checker.cpp.
#include <set>
#include <utility>

#include "health/checker.hpp"

namespace lb::health {
namespace {

/// Equal for checks that can be made once: their bytes on the wire, their way and their rhythm.
Result<std::string> key_of(const Definition& definition, const std::string& way,
                           const Rhythm& rhythm) {
    auto bytes = encode(Request{Define{0, definition}});
    if (!bytes) return bytes;
    return *bytes + ' ' + way + ' ' + print_duration(rhythm.interval) + ' ' +
           print_duration(rhythm.fast_interval) + ' ' + std::to_string(rhythm.jitter_percent);
}

Rules rules_of(const Pool& pool) {
    const auto& check = *pool.check;
    return {check.rise,
            check.fall,
            check.stale_after,
            {pool.flap_threshold, pool.flap_window, pool.hold_down, pool.hold_down_max},
            check.is_none()};
}

BackendHealth known(const HealthView& inherited, const Target& target) {
    const auto found = inherited.find(target);
    return found == inherited.end() ? BackendHealth{} : found->second;
}

}  // namespace

std::optional<Checker::Wanted> Checker::wanted(const Spec& spec, const Target& target,
                                               const Address& address) {
    const auto& pool = spec.pools.at(target.front.pool);
    const auto port = check_port(spec, target.front.pool);
    if (!pool.check) return {};
    if (pool.check->is_none()) return Wanted{{}, {}, {}, rules_of(pool)};
    if (!port && pool.check->type != CheckType::icmp) return {};
    const auto& via = target.front.via;
    return Wanted{define(*pool.check, {address, port.value_or(0)}, via),
                  via ? address.text() + ' ' + text(pool.forward) : "",
                  {pool.check->interval, pool.check->fast_interval, pool.check->jitter_percent},
                  rules_of(pool)};
}

void Checker::configure(const Spec& spec, const HealthView& inherited) {
    defect_.clear();
    wake_at_ = Time{};
    attempts_.set_rate(spec.node.max_checks_per_second);
    due_now_ = 0;
    const auto wanted_targets = targets(spec);
    const std::set<Target> stay{wanted_targets.begin(), wanted_targets.end()};
    for (auto it = targets_.begin(); it != targets_.end();) {
        const bool stays = stay.contains(it->first);
        if (!stays) {
            leave(*it);
            view_.erase(it->first);
        }
        it = stays ? std::next(it) : targets_.erase(it);
    }
    ledger_.keep(wanted_targets);
    for (const auto& target : wanted_targets) {
        const auto& address = spec.pools.at(target.front.pool).backends.at(target.backend).address;
        enter(target, address, wanted(spec, target, address), inherited);
    }
    configured_ = true;
    correlation_.set_window(longest_detection(spec));
    self_test_.set_references(spec.node.check_references);
}

void Checker::enter(const Target& target, const Address& address, std::optional<Wanted> wanted,
                    const HealthView& inherited) {
    const auto rules = wanted ? wanted->rules : Rules{};
    auto found = targets_.find(target);
    if (found == targets_.end() || found->second.address != address) {
        if (found != targets_.end()) leave(*found);
        auto& health = view_[target] = known(inherited, target);
        Checked checked{address, std::move(wanted),
                        Judge{rules, health.state, health.verdict, now()}, 0, &health};
        health.state = checked.judge.state();  // what is shown is what it goes on from
        checked.page = ledger_.open(target);
        if (!configured_) checked.heard_at = now();  // what lbd knew before is as old as its start
        found = targets_.insert_or_assign(target, std::move(checked)).first;
    } else {
        if (found->second.wanted == wanted && found->second.check != 0) return;
        leave(*found);
        if (found->second.wanted != wanted) {
            found->second.judge.change(rules, now());
            found->second.heard_at.reset();
        }
        found->second.wanted = std::move(wanted);
        adjust(target, inherited);
    }
    join(*found);
}

void Checker::restore(const HealthView& health) {
    for (const auto& [target, its] : health) {
        const auto found = targets_.find(target);
        if (found == targets_.end()) continue;
        auto& checked = found->second;
        checked.judge = Judge{checked.judge.rules(), its.state, its.verdict, now()};
        auto& shown = *checked.health;
        shown.state = checked.judge.state();
        shown.verdict = its.verdict;
        shown.since = its.since;
        shown.why = its.why;
    }
    wake_at_ = Time{};
}

/// UNCHECKED begins and ends with a configuration, not with a result.
void Checker::adjust(const Target& target, const HealthView& inherited) {
    const auto& judge = targets_.at(target).judge;
    auto& health = view_.at(target);
    if (health.state != HealthState::unchecked && judge.state() != HealthState::unchecked) return;
    if (health.state != judge.state()) health.since = std::chrono::system_clock::now();
    health.state = judge.state();
    if (const auto found = inherited.find(target); found != inherited.end())
        health.why = found->second.why;
}

void Checker::join(Targets::value_type& entry) {
    auto& [target, checked] = entry;
    if (!checked.wanted || !checked.wanted->definition) return;
    const auto& [what, way, rhythm, rules] = *checked.wanted;
    const auto& definition = *what;
    const auto first =
        configured_ ? attempts_.in_turn(due_now_++) : scattered(rhythm, Loop::now(), random_);
    const auto key = key_of(definition, way, rhythm);
    if (!key) {
        defect_ = "backend " + target.text() + " cannot be checked: " + key.error().what;
        return;
    }
    auto shared = by_key_.find(*key);
    if (shared == by_key_.end()) {
        const auto check = attempts_.add(definition, rhythm, first);
        if (!check) return;  // cannot be: key_of() encoded it
        shared = by_key_.emplace(*key, *check).first;
        shared_.emplace(*check, Shared{*key, {}, definition});
    } else if (configured_) {
        attempts_.reschedule(shared->second, first);  // the new one wants to know
    }
    checked.check = shared->second;
    shared_.at(checked.check).targets.push_back(&entry);
    checked.member = &correlation_.watch(target, checked.judge.verdict() == HealthVerdict::up);
}

void Checker::leave(Targets::value_type& entry) {
    correlation_.forget(entry.first);
    const auto found = shared_.find(std::exchange(entry.second.check, 0));
    if (found == shared_.end()) return;
    std::erase(found->second.targets, &entry);
    if (!found->second.targets.empty()) return;
    attempts_.remove(found->first);
    by_key_.erase(found->second.key);
    shared_.erase(found);
}

}  // namespace lb::health
