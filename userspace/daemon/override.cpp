// SPDX-License-Identifier: Apache-2.0
/// What people say about a backend over what the file says, and how that ends.
#include "base/log.hpp"
#include "daemon/daemon.hpp"
#include "daemon/views.hpp"

namespace lb::daemon {
namespace {

AdminState state_in_file(const Spec& spec, const BackendId& id) {
    return spec.pools.at(id.pool).backends.at(id.backend).state;
}

Override wanted(const api::Caller& caller, const api::OverrideRequest& request) {
    const auto now = std::chrono::system_clock::now();
    return {request.state, request.reason, now, caller.uid,
            request.length ? now + *request.length : WallTime{}};
}

/// The file's state is what an override ends in: it cannot end itself.
Refusal cannot_end(const api::OverrideRequest& request) {
    return {Refusal::Kind::invalid,
            "backend " + request.id.text() + " is " + text(request.state) +
                " by the configuration, which --for cannot end: say it without --for",
            {}};
}

/// Nobody checks it, and it may have no traffic: only a person's word can change that.
bool waits_for_a_word(const BackendHealth& health) {
    return health.state == HealthState::unchecked && health.verdict != HealthVerdict::up;
}

std::string words(AdminState state, HealthVerdict verdict) {
    return std::string{text(state)} + ", verdict " + text(verdict);
}

}  // namespace

api::Answer<ChangeView> Daemon::override_state(const api::Caller& caller,
                                               api::OverrideRequest request) {
    if (!forwarding_->knows(request.id)) return unknown_backend(request.id);
    const auto in_file = state_in_file(forwarding_->spec(), request.id);
    if (request.state == in_file && request.length) return cannot_end(request);
    const auto old = memory_.overrides.find(request.id);
    Override before;
    before.state = in_file;
    if (old != memory_.overrides.end()) before = old->second;
    const auto after = wanted(caller, request);
    const auto health = worst_health(forwarding_->spec(), checker_->view(), request.id);
    const bool vouches = request.state == AdminState::ready && waits_for_a_word(health);
    const bool changed = before.state != after.state || before.until != after.until || vouches;
    ChangeView view{changed, generation_, text(before.state), text(after.state), {}, after.until};
    if (vouches) view.before = words(before.state, health.verdict);
    if (vouches) view.after = words(after.state, HealthVerdict::up);
    auto overrides = states(memory_.overrides);
    overrides[request.id] = request.state;
    if (changed)
        if (auto refusal = guard({request.id.pool, forwarding_->spec(), overrides}, request.accepts,
                                 request.reason))
            return std::move(*refusal);
    if (!changed || request.dry_run) return view;
    const auto who = "uid " + std::to_string(caller.login_uid.value_or(caller.uid));
    if (vouches)
        for (const auto& target : targets(forwarding_->spec(), request.id))
            checker_->vouch(target, who + " said ready: " + request.reason);
    if (request.state == in_file)
        memory_.overrides.erase(request.id);
    else
        memory_.overrides[request.id] = after;
    Event event;
    event.kind = std::string{"admin."} + text(after.state);
    log::info("backend " + request.id.text() + ": " + view.before + " -> " + view.after +
                  (request.length ? " for " + print_duration(*request.length) : "") + " by " + who +
                  ": " + request.reason,
              entry(event.kind, request.id));
    event.cause = "admin";
    event.actor = actor_of(caller);
    event.pool = request.id.pool;
    event.backend = request.id.backend;
    event.before = measure(request.id.pool);
    event.reason = view.before + " -> " + view.after + ": " + request.reason;
    event.accepts = request.accepts;
    if (!event.accepts.empty()) event.accept_reason = request.reason;
    reconsider(request.id.pool);
    note(std::move(event));
    follow_overrides();
    remember();
    return view;
}

/// As a change is: vips must keep enough healthy backends (LB703).
std::optional<Refusal> Daemon::guard(const Outcome& outcome,
                                     const std::vector<std::string>& accepts,
                                     const std::string& reason) const {
    const auto& spec = outcome.spec;
    const auto& pool = spec.pools.at(outcome.pool);
    checklist::Change change{spec, spec, generation_};
    change.preflight.emplace();
    for (const auto& [name, vip] : spec.vips) {
        if (vip.pool != outcome.pool) continue;
        const auto front = front_of(spec, vip);
        const auto& now = forwarding_->standings().at(front);
        const auto then = plan::stand(front, pool, checker_->view(), outcome.overrides, now, 1);
        change.vips[name] = {now.healthy, then.healthy, then.floor};
    }
    auto guarded = change::guard(change, accepts, reason);
    if (auto* refusal = std::get_if<Refusal>(&guarded)) return std::move(*refusal);
    return {};
}

/// To be called whenever they have changed.
void Daemon::follow_overrides() {
    expiries_.follow(memory_.overrides, std::chrono::system_clock::now(), Loop::now());
    override_timer_.cancel();
    if (const auto next = expiries_.next()) override_timer_.at(*next, [this] { end_overrides(); });
}

void Daemon::end_overrides() {
    for (const auto& id : expiries_.over(Loop::now())) {
        const auto ended = memory_.overrides.extract(id).mapped();
        if (!forwarding_->knows(id)) continue;
        const auto after = state_in_file(forwarding_->spec(), id);
        Event event;
        event.kind = std::string{"admin."} + text(after);
        log::info("backend " + id.text() + ": " + text(ended.state) + " -> " + text(after) +
                      ": --for " + print_duration(ended.length()) + " is over (" + ended.reason +
                      ")",
                  entry(event.kind, id));
        event.cause = "admin";
        event.pool = id.pool;
        event.backend = id.backend;
        event.before = measure(id.pool);
        event.reason = std::string{text(ended.state)} + " -> " + text(after) + ": --for is over";
        reconsider(id.pool);
        note(std::move(event));
    }
    follow_overrides();
    remember();
}

}  // namespace lb::daemon
