// SPDX-License-Identifier: Apache-2.0
#include "health/checker.hpp"

#include <algorithm>
#include <utility>

#include "health/reasons.hpp"
#include "model/classify.hpp"

namespace lb::health {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kRemembered = 10;  // results of a check, for people
constexpr auto kLook = 250ms;            // how exactly a hold and a silence end

/// Its memory is as large from the first result on as it will ever be.
void remember(std::vector<PastResult>& recent, const CheckResult& result) {
    recent.reserve(kRemembered);
    if (recent.size() == kRemembered) recent.pop_back();
    recent.insert(recent.begin(), {std::chrono::system_clock::now(), result});
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

tl::expected<Fd, CheckResult> Checker::open_socket(std::uint32_t check) {
    auto& shared = shared_.at(check);
    if (!outlet_) return tl::unexpected{inconclusive(CheckReason::local_permission)};
    const auto& target = shared.targets.front()->first;
    auto opened = outlet_->open(target, shared.definition);
    if (!opened) return tl::unexpected{opened.error()};
    shared.sent = opened->sent;
    return std::move(opened->socket);
}

/// Did it really go out, and could its answer come back?
CheckResult Checker::proved(const Shared& shared, const CheckResult& result) const {
    const auto& target = shared.targets.front()->first;
    if (!outlet_ || result.outcome == Outcome::inconclusive) return result;
    return outlet_->prove(target, result, shared.sent);
}

bool Checker::on_result(std::uint32_t check, const CheckResult& given) {
    const auto found = shared_.find(check);
    if (found == shared_.end()) return false;
    const auto said = proved(found->second, given);
    const auto sent = Loop::now() - said.duration;
    correlate(found->second.targets, said);
    if (!confidence_.is_asking()) return count(check, said, sent);
    held_.push_back({check, said, sent});
    return true;  // look again soon
}

/// True: its targets are in doubt.
bool Checker::count(std::uint32_t check, const CheckResult& said, Time sent) {
    const auto found = shared_.find(check);
    if (found == shared_.end()) return false;
    const auto result = as_it_counts(said, sent);
    remember(found->second.recent, result);
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

CheckResult Checker::as_it_counts(const CheckResult& result, Time sent) const {
    if (confidence_.believes(result.outcome, sent)) return result;
    return {Outcome::inconclusive, CheckReason::local_broken, result.duration, 0};
}

void Checker::on_self_test(const std::string& problem) {
    const auto before = confidence_.state();
    confidence_.tested(problem, Loop::now());
    if (confidence_.state() == CheckerState::broken && before != CheckerState::broken) doubt_all();
    show_condition();
    for (const auto& held : std::exchange(held_, {}))
        count(held.check, held.result, held.sent);
}

/// It is us: what began to fail until now may be our doing.
void Checker::doubt_all() {
    correlation_.clear();
    for (auto& [target, checked] : targets_)
        checked.judge.forget_fails();
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
    return {recent, attempts_.next_attempt(found->second.check)};
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
