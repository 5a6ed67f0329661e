// SPDX-License-Identifier: Apache-2.0
#include "daemon/change.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "change/accepted.hpp"
#include "health/inherit.hpp"
#include "model/json.hpp"

namespace lb::daemon {
Change::Change(Daemon& daemon, const api::Caller& caller, api::ChangeTerms terms,
               api::Reply<ChangeView> reply)
    : daemon_{daemon}, caller_{caller}, terms_{std::move(terms)}, reply_{std::move(reply)} {
    daemon_.changing_ = true;
}

void Change::save() {
    number_ = daemon_.next_number();
    before_hash_ = daemon_.running_->hash;
    take_over_accepts();
    for (const auto& finding : guarded_.accepted)
        log::warning("accepted: " + print(finding, filename_) + ": " + terms_.reason,
                     daemon_.entry("config.accept"));
    daemon_.decided_ = true;
    const auto plan = std::make_shared<PlanView>(in_words({}));  // job and `then`
    daemon_.judge_.run(count_moves(plan), [self = shared_from_this(), plan] {
        if (!self->is_released_) self->store(*plan);
    });
}

/// Whoever is in a hurry may end it while the disk takes its time; then it is not published.
void Change::store(const PlanView& plan) {
    saved_late_.in(Disk::kPatience, [self = shared_from_this()] {
        ++self->daemon_.tally_.publish_failures;
        self->refuse(self->unstored(self->daemon_.disk_.silent()));
    });
    const auto outcome = std::make_shared<Result<>>();  // job and `then`
    daemon_.disk_.run(
        [&store = daemon_.store_, its = meta(), candidate = candidate_, plan = json::print(plan),
         outcome] { *outcome = store.save(its, candidate->text, plan); },
        [self = shared_from_this(), outcome] {
            self->saved_late_.cancel();
            if (self->is_released_) return self->forget([] {});
            if (!*outcome) return self->fail(self->unstored(outcome->error().what));
            const auto published = self->publish([self] { self->seal(); });
            if (!published) self->fail({Refusal::Kind::failed, published.error().what, {}});
        });
}

/// All of it, or nothing; `settled` comes when no packet sees the old tables any more.
Result<> Change::publish(Callback settled) {
    const Stopwatch watch{daemon_.tally_.publish};
    before_ = {daemon_.running_, {}, {}, daemon_.measure()};
    if (undone_ == 0) {  // nobody compares with what is taken back, and there is a hurry
        before_.health = daemon_.checker_->view();
        before_.standings = daemon_.forwarding_->standings();
    }
    const auto& before = before_.candidate->spec;
    const auto& after = candidate_->spec;
    daemon_.give_way_ = nullptr;
    // New interfaces first: what cannot be attached must not cost the running generation.
    auto both = before.node.interfaces;
    both.insert(both.end(), after.node.interfaces.begin(), after.node.interfaces.end());
    if (const auto attached = daemon_.dataplane_->attach(both); !attached) return attached;
    const auto overrides = overrides_after(), weights = weights_after();
    daemon_.dataplane_->set_sources(after.node.source4, after.node.source6);
    const auto& restored = this->restored();  // until remember_before()
    const auto health = health_after(restored);
    const auto reweighted =
        weights.empty() ? std::nullopt : std::optional{weighted(after, weights)};
    const auto done = daemon_.forwarding_->publish(reweighted ? *reweighted : after, health,
                                                   states(overrides), number_, std::move(settled));
    if (!done) {
        daemon_.dataplane_->set_sources(before.node.source4, before.node.source6);
        (void)daemon_.dataplane_->attach(before.node.interfaces).has_value();
        return done;
    }
    auto said = std::pair{std::exchange(daemon_.memory_.overrides, overrides),
                          std::exchange(daemon_.memory_.weights, weights)};
    daemon_.follow_overrides();
    daemon_.follow_weights();
    daemon_.checker_->configure(after, health);
    daemon_.checker_->restore(restored);
    remember_before(std::move(said.first), std::move(said.second));
    daemon_.remember();
    if (const auto attached = daemon_.dataplane_->attach(after.node.interfaces); !attached)
        log::warning("detach interfaces: " + attached.error().what);
    become_the_running_one();
    note_publication();
    return {};
}

/// What its way back, or a start that finds it unconfirmed, needs.
void Change::remember_before(Overrides overrides, Overrides weights) {
    auto& memory = daemon_.memory_;
    memory.before_change = {};
    if (undone_ != 0) return;
    const auto& before = before_.candidate->spec;
    memory.before_change = {number_,
                            health::as_before(before_.health, before, candidate_->spec, before),
                            without(std::move(overrides), memory.overrides),
                            without(std::move(weights), memory.weights)};
}

void Change::become_the_running_one() {
    daemon_.aftermath_.reset();
    daemon_.generation_ = number_;
    daemon_.running_ = candidate_;
    daemon_.way_back_ = undone_ == 0 ? daemon_.confirmed_ : std::nullopt;
    daemon_.recent_.add(meta(), candidate_->text);
    daemon_.recent_.set_state(undone_, GenerationState::rolled_back, why_);
    daemon_.accepted_ = accepted_;
    daemon_.door_.become(candidate_->spec.http.listen, std::move(door_));
    daemon_.hook_.become(candidate_->spec.node.event_hook);
    daemon_.tally_.applied_at = std::chrono::system_clock::now();
}

void Change::note_publication() {
    const bool is_new = undone_ == 0;
    auto noted = is_new ? event("config.publish", "config") : event("config.rollback", "rollback");
    noted.at = daemon_.forwarding_->published_at();
    noted.previous = is_new ? daemon_.confirmed_->number : undone_;
    noted.before = before_.measure;
    noted.reason = is_new ? "published" : why_;
    const std::string cause = noted.cause;
    daemon_.note(std::move(noted));
    daemon_.note_modes(cause.c_str(), before_.measure.table);
    expect_impact();
}

/// What ran before is measured, too, if its window was still open.
void Change::expect_impact() {
    auto& impacts = daemon_.impacts_;
    const auto& before = before_.measure;
    const auto now = Loop::now();
    if (undone_ == 0) {
        daemon_.record_impact(impacts.follow(daemon_.confirmed_->number, before, now));
        return impacts.expect(number_, before, now);
    }
    daemon_.record_impact(impacts.take_back(undone_, before, why_, now));
    impacts.expect_way_back(number_, before, candidate_->spec.node.verify_window, now);
}

/// It is watched from here on, and can be taken back, whatever the disk does.
void Change::seal() {
    watch();
    release();
    log::info("generation " + std::to_string(number_) + " published: " + daemon_.summary() +
                  (terms_.comment.empty() ? "" : ": " + terms_.comment),
              daemon_.entry("config.publish", affected()));
    daemon_.file_drift_.look(daemon_.running_->hash);
    // As it is now: when the disk has it, it may have been taken back already.
    const auto view = this->view();
    answer_due_.in(Disk::kSoon, [self = shared_from_this(), view] { self->finish(view); });
    daemon_.disk_.run(
        [self = shared_from_this()] {
            self->outcome_ = self->daemon_.store_.set_current(self->number_);
            self->daemon_.store_.prune(kKeptGenerations);
        },
        [self = shared_from_this(), view] {
            self->answer_due_.cancel();
            self->answer(view);
            if (!self->outcome_)
                self->daemon_.undo(RollbackCause::regression,
                                   "not recorded: " + self->outcome_.error().what);
        });
}

/// The longer one: no change shortens the time in which it is judged itself.
milliseconds Change::window() const {
    return std::max(before_.candidate->spec.node.verify_window,
                    candidate_->spec.node.verify_window);
}

void Change::watch() {
    change::Verification verification{{affected(), terms_.accepts, failing()},
                                      {before_.candidate->spec, before_.health, before_.standings},
                                      daemon_.vitals(),
                                      daemon_.pulse_->minute(),
                                      Loop::now()};
    daemon_.verifying_ = std::make_unique<Verifying>(
        daemon_.loop_, std::move(verification), Verifying::Terms{window(), confirm_within_},
        [&daemon = daemon_] { return daemon.vitals(); },
        Verifying::Listener{[&daemon = daemon_] { daemon.on_window_over(); },
                            [&daemon = daemon_](Verifying::End end, const std::string& why) {
                                daemon.on_verified(end, why);
                            }});
}

// --------------------------------------------------------------------------- what is kept of it

/// Its own, and those of what ran before that last; on the way back those of where it leads to.
void Change::take_over_accepts() {
    const bool is_new = undone_ == 0;
    const auto& running = daemon_.running_->spec;
    auto taken = change::lasting(is_new ? daemon_.accepted_ : accepted_,
                                 is_new ? running : candidate_->spec, candidate_->spec);
    for (auto& own : change::accepted_by(meta(), running, candidate_->spec))
        taken.push_back(std::move(own));
    accepted_ = std::move(taken);
}

GenerationMeta Change::meta() const {
    GenerationMeta its{number_, std::chrono::system_clock::now(), caller_.uid, terms_.comment,
                       candidate_->hash};
    its.accepted = terms_.accepts;
    its.reason = terms_.reason;
    its.rolled_back_from = undone_;
    its.login_uid = caller_.login_uid;
    its.change_id = terms_.change_id;
    its.in_effect = accepted_;
    if (undone_ != 0) return its;
    its.state = GenerationState::verifying;
    if (confirm_within_) its.confirm_by = its.at + *confirm_within_;
    return its;
}

Event Change::event(const char* kind, const char* cause) const {
    Event event;
    event.kind = kind;
    event.cause = cause;
    if (!is_own_) event.actor = actor_of(caller_);
    event.change_id = terms_.change_id;
    event.comment = terms_.comment;
    event.accepts = terms_.accepts;
    if (!terms_.accepts.empty()) event.accept_reason = terms_.reason;
    event.differences = told(differences_);
    return event;
}

std::set<std::string> Change::affected() const {
    return change::affected_vips(differences_, candidate_->spec);
}

void start_change(Daemon& daemon, const api::Caller& caller, const api::ApplyRequest& request,
                  api::Reply<ChangeView> reply) {
    std::make_shared<Change>(daemon, caller, request, std::move(reply))->apply(request);
}

}  // namespace lb::daemon
