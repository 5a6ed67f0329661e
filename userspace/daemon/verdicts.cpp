// SPDX-License-Identifier: Apache-2.0
/// What the checker says, on its way: to the fronts, and so to packets; to the log, and to the
/// event log.
#include <algorithm>

#include "base/log.hpp"
#include "daemon/daemon.hpp"
#include "plan/eligibility.hpp"

namespace lb::daemon {
namespace {

constexpr std::chrono::milliseconds kPause{4};  // between two reconsiderations

/// Whoever reads warnings only must see a backend fall, and one of which nothing is known.
bool is_trouble(HealthState state) {
    return state == HealthState::down || state == HealthState::stale ||
           state == HealthState::held_down;
}

}  // namespace

/// Results count no more, or again.
void Daemon::on_condition(CheckerState before, const CheckerView& now) {
    if (before == CheckerState::broken) dataplane_->network_is_back();
    const auto what = std::string{text(before)} + " -> " + text(now.state) +
                      (now.why.empty() ? "" : ": " + now.why);
    const auto say = now.state == CheckerState::ok        ? log::info
                     : now.state == CheckerState::suspect ? log::warning
                                                          : log::error;
    say("checker: " + what, entry("checker.state"));
    Event event;
    event.kind = "checker.state";
    event.cause = "health";
    event.state = text(now.state);
    event.reason = what;
    note(std::move(event));
}

void Daemon::on_transition(const health::Transition& transition) {
    const auto& target = transition.target;
    const auto say = is_trouble(transition.after) ? log::warning : log::info;
    say("backend " + target.text() + ": " + text(transition.before) + " -> " +
            text(transition.after) + ": " + transition.why,
        entry("health.transition", target));
    transitions_.push_back(transition);
    if (changed_fronts_.empty())
        reconsideration_.at(std::max(Loop::now(), reconsidered_ + kPause), [this] {
            reconsider_changed_fronts();
            remember();
        });
    changed_fronts_.insert(target.front);
}

/// The first verdict counts at once.  When many backends fail together, a front is reconsidered
/// once for all that were heard of meanwhile, not for each: with many slots that would keep us from
/// hearing of the others.
void Daemon::reconsider_changed_fronts() {
    std::map<std::string, std::pair<Measure, Measure>> pools;  // before and after
    for (const auto& transition : transitions_)
        pools.try_emplace(transition.target.front.pool);
    for (auto& [pool, its] : pools)
        its.first = measure(pool);
    for (const auto& front : std::exchange(changed_fronts_, {}))
        if (forwarding_->standings().contains(front))  // else a change took it away meanwhile
            log_effect(front,
                       forwarding_->reconsider(front, checker_->view(), states(memory_.overrides)),
                       pools.at(front.pool).first);
    reconsidered_ = Loop::now();
    for (auto& [pool, its] : pools)
        its.second = measure(pool);
    for (const auto& transition : std::exchange(transitions_, {})) {
        const auto& [before, after] = pools.at(transition.target.front.pool);
        Event event;
        event.kind = "health.transition";
        event.cause = "health";
        event.pool = transition.target.front.pool;
        event.backend = transition.target.backend;
        event.state = text(transition.after);
        event.before = before;
        event.after = after;
        event.reason = std::string{text(transition.before)} + " -> " + text(transition.after) +
                       ": " + transition.why;
        if (transition.target.front.via)
            event.reason += " (at " + transition.target.front.via->text() + ")";
        note(std::move(event));
    }
    if (verifying_) verifying_->look();
}

void Daemon::log_effect(const Front& front, const FrontEffect& effect, const Measure& before) {
    const auto health = std::to_string(effect.healthy) + "/" + std::to_string(effect.ready);
    if (effect.slots_moved > 0)
        log::info("pool " + front.text() + ": " + std::to_string(effect.slots_moved) +
                      " slots moved, healthy " + health,
                  {{"LBD_POOL", front.pool}});
    if (effect.before == effect.after) return;
    Event event;
    event.cause = "all_down";
    event.before = before;
    note_mode(front, {effect.before, effect.after, effect.healthy, effect.ready}, std::move(event));
}

/// `event`: why it is so, and how it was before.
void Daemon::note_mode(const Front& front, const plan::ModeChange& change, Event event) {
    event.kind = "pool.mode";
    event.pool = front.pool;
    event.state = change.after ? plan::text(*change.after) : "removed";
    event.reason = std::string{plan::text(change.before)} + " -> " + event.state;
    if (change.after)
        event.reason +=
            ", healthy " + std::to_string(change.healthy) + "/" + std::to_string(change.ready);
    const bool is_good = !change.after || *change.after == plan::PoolMode::normal;
    const auto say = is_good ? log::info : log::error;
    say("pool " + front.text() + ": mode " + event.reason, entry("pool.mode", Target{front, {}}));
    note(std::move(event));
}

}  // namespace lb::daemon
