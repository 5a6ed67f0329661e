// SPDX-License-Identifier: Apache-2.0
#include "health/checker.hpp"

#include <algorithm>
#include <utility>

#include "health/reasons.hpp"

namespace lb::health {
namespace {

using namespace std::chrono_literals;

constexpr auto kLook = 250ms;  // how exactly a hold and a silence end

/// Equal for checks that can be made once: their bytes on the wire, and their rhythm.
Result<std::string> key_of(const Definition& definition, const Rhythm& rhythm) {
    auto bytes = encode(Request{Define{0, definition}});
    if (!bytes) return bytes;
    return *bytes + ' ' + print_duration(rhythm.interval) + ' ' +
           print_duration(rhythm.fast_interval) + ' ' + std::to_string(rhythm.jitter_percent);
}

Rules rules_of(const Pool& pool) {
    const auto& check = *pool.check;
    return {check.rise,
            check.fall,
            check.stale_after,
            {pool.flap_threshold, pool.flap_window, pool.hold_down, pool.hold_down_max}};
}

BackendHealth known(const HealthView& inherited, const BackendId& id) {
    const auto found = inherited.find(id);
    return found == inherited.end() ? BackendHealth{} : found->second;
}

}  // namespace

Checker::Checker(Loop& loop, Options options, OnChange on_change)
    : on_change_{std::move(on_change)},
      may_hold_{std::move(options.may_hold)},
      random_{std::random_device{}()},
      clock_{loop},
      look_due_{Loop::now() + kLook},
      attempts_{loop,
                {options.program, options.user},
                options.max_checks_per_second,
                Random{random_()},
                [this](std::uint32_t check, const CheckResult& result) {
                    return on_result(check, result);
                }} {
    clock_.at(look_due_, [this] { look_at_the_clock(); });
}

Result<> Checker::start() {
    return attempts_.start();
}

std::string Checker::problem() const {
    return defect_.empty() ? attempts_.problem() : defect_;
}

std::optional<Checker::Wanted> Checker::wanted(const Spec& spec, const std::string& pool,
                                               const Address& address) {
    const auto& check = spec.pools.at(pool).check;
    const auto port = check_port(spec, pool);
    if (!check || !port) return {};
    return Wanted{define(*check, {address, *port}),
                  {check->interval, check->fast_interval, check->jitter_percent},
                  rules_of(spec.pools.at(pool))};
}

void Checker::configure(const Spec& spec, const HealthView& inherited) {
    defect_.clear();
    due_now_ = 0;
    for (auto it = backends_.begin(); it != backends_.end();) {
        const auto pool = spec.pools.find(it->first.pool);
        const bool stays =
            pool != spec.pools.end() && pool->second.backends.count(it->first.backend) != 0;
        if (!stays) {
            leave(it->first, it->second);
            view_.erase(it->first);
        }
        it = stays ? std::next(it) : backends_.erase(it);
    }
    for (const auto& [pool_name, pool] : spec.pools)
        for (const auto& [name, backend] : pool.backends)
            enter({pool_name, name}, backend.address, wanted(spec, pool_name, backend.address),
                  inherited);
    configured_ = true;
}

void Checker::enter(const BackendId& id, const Address& address, std::optional<Wanted> wanted,
                    const HealthView& inherited) {
    const auto rules = wanted ? wanted->rules : Rules{};
    auto found = backends_.find(id);
    if (found == backends_.end() || found->second.address != address) {
        const bool is_new = found == backends_.end();
        if (!is_new) leave(id, found->second);
        view_[id] = is_new ? known(inherited, id) : BackendHealth{};
        const auto& health = view_[id];
        Backend backend{address, std::move(wanted),
                        Judge{rules, health.state, health.verdict, now()}};
        found = backends_.insert_or_assign(id, std::move(backend)).first;
    } else {
        if (found->second.wanted == wanted && found->second.check != 0) return;
        leave(id, found->second);
        if (found->second.wanted != wanted) found->second.judge.change(rules);
        found->second.wanted = std::move(wanted);
    }
    join(id, found->second);
}

void Checker::join(const BackendId& id, Backend& backend) {
    if (!backend.wanted) return;
    const auto& [definition, rhythm, rules] = *backend.wanted;
    const auto now = Loop::now();
    const auto first = configured_ ? in_turn(due_now_++, attempts_.max_per_second(), now)
                                   : scattered(rhythm, now, random_);
    const auto key = key_of(definition, rhythm);
    if (!key) {
        defect_ = "backend " + id.text() + " cannot be checked: " + key.error().what;
        return;
    }
    auto shared = by_key_.find(*key);
    if (shared == by_key_.end()) {
        const auto check = attempts_.add(definition, rhythm, first);
        if (!check) return;  // cannot be: key_of() encoded it
        shared = by_key_.emplace(*key, *check).first;
        shared_.emplace(*check, Shared{*key, {}});
    } else if (configured_) {
        attempts_.reschedule(shared->second, first);  // the new one wants to know
    }
    backend.check = shared->second;
    shared_.at(backend.check).backends.push_back(id);
}

void Checker::leave(const BackendId& id, Backend& backend) {
    const auto found = shared_.find(std::exchange(backend.check, 0));
    if (found == shared_.end()) return;
    std::erase(found->second.backends, id);
    if (!found->second.backends.empty()) return;
    attempts_.remove(found->first);
    by_key_.erase(found->second.key);
    shared_.erase(found);
}

bool Checker::on_result(std::uint32_t check, const CheckResult& result) {
    const auto found = shared_.find(check);
    if (found == shared_.end()) return false;
    bool in_doubt = false;
    std::vector<Transition> transitions;
    for (const auto& id : found->second.backends) {
        if (auto transition = record(id, result)) transitions.push_back(std::move(*transition));
        in_doubt |= backends_.at(id).judge.in_doubt();
    }
    for (const auto& transition : transitions)  // may configure(): nothing of ours is held
        on_change_(transition);
    return in_doubt;
}

std::optional<Transition> Checker::record(const BackendId& id, const CheckResult& result) {
    auto& judge = backends_.at(id).judge;
    auto& health = view_.at(id);
    const auto wall = std::chrono::system_clock::now();
    health.last = result;
    health.last_at = wall;
    const auto before = judge.state();
    const bool may_hold = !may_hold_ || may_hold_(id);
    if (!judge.record(result.outcome, may_hold, now(), random_)) return {};
    return change(id, before, why(before, judge, result));
}

/// What time alone changes: silence that has lasted too long, holds that end.
void Checker::look_at_the_clock() {
    if (const auto late = Loop::now() - look_due_; late > kLook) asleep_ += late;
    std::vector<Transition> transitions;
    for (auto& [id, backend] : backends_) {
        const auto before = backend.judge.state();
        if (backend.check == 0 || !backend.judge.wake(now())) continue;
        transitions.push_back(change(id, before, why(before, backend.judge, view_.at(id).last)));
    }
    look_due_ = Loop::now() + kLook;
    clock_.at(look_due_, [this] { look_at_the_clock(); });
    for (const auto& transition : transitions)
        on_change_(transition);
}

Transition Checker::change(const BackendId& id, HealthState before, std::string why) {
    const auto& judge = backends_.at(id).judge;
    auto& health = view_.at(id);
    health.state = judge.state();
    health.verdict = judge.verdict();
    health.since = std::chrono::system_clock::now();
    health.why = std::move(why);
    return {id, before, health.state, health.why};
}

void Checker::probe(const BackendId& id, std::function<void(Result<ProbeView>)> done) {
    const auto found = backends_.find(id);
    if (found == backends_.end() || found->second.check == 0)
        return done(Error{"backend " + id.text() + " has no check"});
    const auto where = target(found->second.wanted->definition);
    attempts_.probe(found->second.check, [id, where, done](auto observed) {
        if (!observed) return done(observed.error().in("probe " + id.text()));
        done(ProbeView{id, where, observed->first, std::move(observed->second)});
    });
}

}  // namespace lb::health
