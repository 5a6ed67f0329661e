// SPDX-License-Identifier: Apache-2.0
#include "health/checker.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "health/reasons.hpp"
#include "model/classify.hpp"

namespace lb::health {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kRemembered = 10;  // results of a check, for people
constexpr auto kLook = 250ms;            // how exactly a hold and a silence end

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

Checker::Checker(Loop& loop, Options options, OnChange on_change)
    : on_change_{std::move(on_change)},
      may_hold_{std::move(options.may_hold)},
      outlet_{options.outlet},
      on_condition_{std::move(options.on_condition)},
      random_{std::random_device{}()},
      clock_{loop},
      look_due_{Loop::now() + kLook},
      self_test_{loop, std::move(options.links),
                 [this](const std::string& problem) { on_self_test(problem); }},
      attempts_{loop,
                {options.program, options.user},
                Random{random_()},
                [this](std::uint32_t check) { return open_socket(check); },
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
        checked.page = ledger_.open(target);
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

tl::expected<Fd, CheckResult> Checker::open_socket(std::uint32_t check) {
    auto& shared = shared_.at(check);
    if (!outlet_) return tl::unexpected{inconclusive(CheckReason::local_permission)};
    const auto& target = shared.targets.front()->first;
    shared.sent = outlet_->sent(target);
    return outlet_->open(target, shared.definition);
}

/// A check that went to a vip: did it really, and could its answer come back?
CheckResult Checker::proved(const Shared& shared, const CheckResult& result) const {
    const auto& target = shared.targets.front()->first;
    if (!target.front.via || result.outcome == Outcome::inconclusive) return result;
    return outlet_->prove(target, result, shared.sent);
}

bool Checker::on_result(std::uint32_t check, const CheckResult& given) {
    const auto found = shared_.find(check);
    if (found == shared_.end()) return false;
    const auto said = proved(found->second, given);
    correlate(found->second.targets, said);
    const auto result = as_it_counts(said);
    auto& recent = found->second.recent;
    recent.push_front({std::chrono::system_clock::now(), result});
    if (recent.size() > kRemembered) recent.pop_back();
    bool in_doubt = result.reason == CheckReason::local_broken;  // look again soon
    std::vector<Transition> transitions;
    for (auto* entry : found->second.targets) {
        if (auto transition = record(*entry, result)) transitions.push_back(std::move(*transition));
        in_doubt |= entry->second.judge.in_doubt();
    }
    for (const auto& transition : transitions)  // may configure(): nothing of ours is held
        on_change_(transition);
    return in_doubt;
}

/// May find that it is us: then the self-test is made at once.
void Checker::correlate(const std::vector<Targets::value_type*>& targets,
                        const CheckResult& result) {
    if (result.outcome == Outcome::inconclusive || confidence_.state() == CheckerState::broken)
        return;
    const auto now = Loop::now();
    bool somebody_began = false;
    for (const auto* entry : targets)
        somebody_began |=
            correlation_.record(*entry->second.member, result.outcome == Outcome::pass, now);
    if (!somebody_began) return;
    const bool is_asked =
        confidence_.began(correlation_.suspicion(now), correlation_.window(), now);
    show_condition();
    if (is_asked) self_test_.run();
}

CheckResult Checker::as_it_counts(const CheckResult& result) const {
    if (confidence_.believes(result.outcome, Loop::now() - result.duration)) return result;
    return {Outcome::inconclusive, CheckReason::local_broken, result.duration, 0};
}

void Checker::on_self_test(const std::string& problem) {
    confidence_.tested(problem, Loop::now());
    if (confidence_.state() == CheckerState::broken) correlation_.clear();
    show_condition();
}

void Checker::show_condition() {
    const auto before = condition_.state;
    condition_.why = confidence_.why();
    if (confidence_.state() == before) return;
    condition_.state = confidence_.state();
    condition_.since = std::chrono::system_clock::now();
    if (on_condition_) on_condition_(before, condition_);
}

std::optional<Transition> Checker::record(Targets::value_type& entry, const CheckResult& result) {
    auto& [target, checked] = entry;
    auto& judge = checked.judge;
    checked.health->last = result;
    checked.health->last_at = std::chrono::system_clock::now();
    checked.page.record(result, checked.health->last_at);
    if (result.outcome != Outcome::inconclusive) checked.heard_at = now();
    checked.health->conclusions += result.outcome != Outcome::inconclusive;
    const auto before = judge.state();
    // only a return can be held
    const bool may_hold = judge.verdict() == HealthVerdict::up || !may_hold_ || may_hold_(target);
    const bool has_changed = judge.record(result.outcome, may_hold, now(), random_).has_value();
    wake_at_ = std::min(wake_at_, judge.wakes_at());
    if (!has_changed) return {};
    return change(entry, before, why(before, judge, result));
}

/// What time alone changes: silence that has lasted too long, holds that end.
void Checker::look_at_the_clock() {
    const auto late = Loop::now() - look_due_;
    ledger_.late(late);
    if (late > kLook) asleep_ += late;
    confidence_.look(Loop::now());
    show_condition();
    const bool is_frozen = confidence_.state() == CheckerState::broken;
    const auto transitions =
        is_frozen || now() < wake_at_ ? std::vector<Transition>{} : wake_targets(now());
    look_due_ = Loop::now() + kLook;
    clock_.at(look_due_, [this] { look_at_the_clock(); });
    for (const auto& transition : transitions)
        on_change_(transition);
}

std::vector<Transition> Checker::wake_targets(Time time) {
    std::vector<Transition> transitions;
    wake_at_ = Time::max();
    for (auto& entry : targets_) {
        auto& checked = entry.second;
        if (checked.check == 0) continue;
        const auto before = checked.judge.state();
        if (checked.judge.wake(time))
            transitions.push_back(
                change(entry, before, why(before, checked.judge, checked.health->last)));
        wake_at_ = std::min(wake_at_, checked.judge.wakes_at());
    }
    return transitions;
}

Transition Checker::change(Targets::value_type& entry, HealthState before, std::string why) const {
    const auto& [target, checked] = entry;
    checked.page.turned();
    auto& health = *checked.health;
    health.state = checked.judge.state();
    health.verdict = checked.judge.verdict();
    health.since = std::chrono::system_clock::now();
    health.why = std::move(why);
    return {target, before, health.state, health.why};
}

Checker::Course Checker::course(const Target& target) const {
    const auto found = targets_.find(target);
    if (found == targets_.end() || found->second.check == 0) return {};
    const auto& recent = shared_.at(found->second.check).recent;
    return {{recent.begin(), recent.end()}, attempts_.next_attempt(found->second.check)};
}

Silences Checker::silences() const {
    Silences silences;
    for (const auto& [target, checked] : targets_)
        if (checked.heard_at) silences.emplace(target, now() - *checked.heard_at);
    return silences;
}

CheckFigures Checker::figures() const {
    auto figures = ledger_.figures();
    figures.restarts = static_cast<std::uint64_t>(attempts_.restarts());
    return figures;
}

bool Checker::vouch(const Target& target, const std::string& why) {
    const auto found = targets_.find(target);
    if (found == targets_.end() || !found->second.judge.vouch()) return false;
    auto& health = view_.at(target);
    health.verdict = HealthVerdict::up;
    health.since = std::chrono::system_clock::now();
    health.why += "; " + why;
    return true;
}

void Checker::probe(const Target& target, std::function<void(Result<ProbeView>)> done) {
    const auto found = targets_.find(target);
    if (found == targets_.end() || found->second.check == 0)
        return done(Error{"backend " + target.text() + " has no check"});
    const auto where = health::target(*found->second.wanted->definition);
    attempts_.probe(found->second.check, [target, where, done](auto observed) {
        if (!observed) return done(observed.error().in("probe " + target.text()));
        done(ProbeView{target.id(), target.front.via, where, observed->first,
                       std::move(observed->second)});
    });
}

}  // namespace lb::health
