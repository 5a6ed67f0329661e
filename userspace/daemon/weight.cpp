// SPDX-License-Identifier: Apache-2.0
/// What people say about a backend's weight over what the file says, and how that ends.  Unlike an
/// admin state it moves slots that Maglev has given: the running generation is published anew.
#include <algorithm>

#include "base/log.hpp"
#include "daemon/daemon.hpp"

namespace lb::daemon {
namespace {

constexpr std::chrono::milliseconds kAgain{1000};

std::string words(int weight) {
    return "weight " + std::to_string(weight);
}

/// The file's weight is what an override ends in: it cannot end itself.
Refusal cannot_end(const api::WeightRequest& request) {
    return {Refusal::Kind::invalid,
            "backend " + request.id.text() + " has " + words(request.weight) +
                " by the configuration, which --for cannot end: say it without --for",
            {}};
}

Refusal nobody_left(const api::WeightRequest& request) {
    return {Refusal::Kind::invalid,
            "all weights of pool " + request.id.pool + " would be 0: nobody gets a slot. fix: " +
                "give another one a weight first, or `lbctl drain " + request.id.text() + "`",
            {}};
}

bool has_a_weight(const Pool& pool) {
    return std::ranges::any_of(pool.backends,
                               [](const auto& each) { return each.second.weight > 0; });
}

}  // namespace

api::Answer<ChangeView> Daemon::override_weight(const api::Caller& caller,
                                                api::WeightRequest request) {
    const auto& id = request.id;
    if (!forwarding_->knows(id)) return unknown_backend(id);
    const int in_file = running_->spec.pools.at(id.pool).backends.at(id.backend).weight;
    if (request.weight == in_file && request.length) return cannot_end(request);
    auto weights = memory_.weights;
    Override before;
    before.weight = in_file;
    if (const auto said = weights.find(id); said != weights.end()) before = said->second;
    const auto now = std::chrono::system_clock::now();
    Override after{{},
                   request.reason,
                   now,
                   caller.uid,
                   request.length ? now + *request.length : WallTime{},
                   request.weight};
    const bool changed = before.weight != after.weight || before.until != after.until;
    ChangeView view{changed, generation_, words(before.weight), words(after.weight),
                    {},      after.until};
    if (!changed) return view;
    weights.erase(id);
    if (request.weight != in_file) weights[id] = after;
    const auto then = weighted(running_->spec, weights);
    if (!has_a_weight(then.pools.at(id.pool))) return nobody_left(request);
    if (auto refusal =
            guard({id.pool, then, states(memory_.overrides)}, request.accepts, request.reason))
        return std::move(*refusal);
    if (request.dry_run) return view;
    if (auto refusal = why_no_weight_now()) return std::move(*refusal);
    Event event;
    event.kind = "admin.weight";
    event.cause = "admin";
    event.actor = actor_of(caller);
    event.pool = id.pool;
    event.backend = id.backend;
    event.before = measure(id.pool);
    event.reason = view.before + " -> " + view.after + ": " + request.reason;
    event.accepts = request.accepts;
    if (!event.accepts.empty()) event.accept_reason = request.reason;
    if (const auto done = weigh(std::move(weights)); !done)
        return Refusal{Refusal::Kind::failed, done.error().what, {}};
    log::info("backend " + id.text() + ": " + view.before + " -> " + view.after +
                  (request.length ? " for " + print_duration(*request.length) : "") + " by uid " +
                  std::to_string(caller.login_uid.value_or(caller.uid)) + ": " + request.reason,
              entry(event.kind, id));
    note(std::move(event));
    follow_weights();
    remember();
    return view;
}

/// A preflight goes on beside it: its guests stay, and what it finds is judged as it is then.
std::optional<Refusal> Daemon::why_no_weight_now() const {
    const bool is_only_looked_at = changing_ && give_way_ && !decided_;
    if (detached_ || (changing_ && !is_only_looked_at)) return why_not_now();
    if (!dataplane_->settled()) return another_change();
    return {};
}

/// All or nothing.  The generation stays the same: a restart of lbd remembers both.
Result<> Daemon::weigh(Overrides weights) {
    const auto before = table();
    const auto done = forwarding_->publish(
        weighted(running_->spec, weights), checker_->view(), states(memory_.overrides), generation_,
        [] {}, forwarding_->guests());
    if (!done) return done;
    memory_.weights = std::move(weights);
    note_modes("admin", before);
    return {};
}

/// To be called whenever they have changed.
void Daemon::follow_weights() {
    weight_expiries_.follow(memory_.weights, std::chrono::system_clock::now(), Loop::now());
    weight_timer_.cancel();
    if (const auto next = weight_expiries_.next())
        weight_timer_.at(*next, [this] { end_weights(); });
}

void Daemon::end_weights() {
    const auto again = [this] { weight_timer_.in(kAgain, [this] { end_weights(); }); };
    if (why_no_weight_now()) return again();
    auto weights = memory_.weights;
    std::vector<std::pair<Event, std::string>> ended;  // and how it is logged
    for (const auto& id : weight_expiries_.over(Loop::now())) {
        const auto its = weights.extract(id).mapped();
        if (!forwarding_->knows(id)) continue;
        const auto change = words(its.weight) + " -> " +
                            words(running_->spec.pools.at(id.pool).backends.at(id.backend).weight) +
                            ": --for ";
        Event event;
        event.kind = "admin.weight";
        event.cause = "admin";
        event.pool = id.pool;
        event.backend = id.backend;
        event.before = measure(id.pool);
        event.reason = change + "is over";
        ended.emplace_back(std::move(event), "backend " + id.text() + ": " + change +
                                                 print_duration(its.length()) + " is over (" +
                                                 its.reason + ")");
    }
    if (const auto done = weigh(std::move(weights)); !done) {
        log::error("end weights: " + done.error().what);
        return again();
    }
    for (auto& [event, line] : ended) {
        log::info(line, entry(event.kind, BackendId{event.pool, event.backend}));
        note(std::move(event));
    }
    follow_weights();
    remember();
}

}  // namespace lb::daemon
