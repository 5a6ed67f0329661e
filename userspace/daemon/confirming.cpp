// SPDX-License-Identifier: Apache-2.0
/// A generation that stays: its window was clean, and somebody has said so where that is wanted.
#include "base/log.hpp"
#include "change/accepted.hpp"
#include "daemon/daemon.hpp"

namespace lb::daemon {
namespace {

constexpr std::chrono::seconds kRetry{1};

}  // namespace

/// Nothing has got worse in it; it may wait for its confirmation for long, and how everybody was
/// before it says less and less.
void Daemon::on_window_over() {
    memory_.before_change = {};
    if (verifying_->waits()) remember();  // else its confirmation is next, and tells the same
    record_impact(impacts_.end_window(generation_, measure(), Loop::now()));
}

/// It stays, or goes.
void Daemon::on_verified(Verifying::End end, const std::string& why) {
    if (end != Verifying::End::confirmed)
        return undo(
            end == Verifying::End::deadline ? RollbackCause::deadline : RollbackCause::regression,
            why);
    confirm_running();
}

/// Without its record the generation would not outlive us: so it is not confirmed before.
void Daemon::confirm_running() {
    if (!verifying_) return;                            // rolled back meanwhile
    const auto outcome = std::make_shared<Result<>>();  // job and `then`
    disk_.run(
        [this, outcome, number = generation_] {
            *outcome = store_.set_state(number, GenerationState::confirmed, {});
        },
        [this, outcome, number = generation_] {
            if (number != generation_ || !verifying_) return;
            if (!*outcome) {
                log::error("generation " + std::to_string(number) +
                           " cannot be confirmed: " + outcome->error().what);
                return confirm_again_.in(kRetry, [this, number] {
                    if (number == generation_) confirm_running();
                });
            }
            accepted_ = change::lasting(accepted_, running_->spec, running_->spec);
            confirmed_ = Generation{number, running_, accepted_};
            recent_.set_state(number, GenerationState::confirmed, {});
            const auto by = verifying_->confirmed_by();
            verifying_.reset();  // not before: until then no other change may begin (LB709)
            if (uncompared_.end()) remember_tally();
            log::info("generation " + std::to_string(number) + " confirmed",
                      entry("config.confirm"));
            note_confirmed(by);
            find_way_back();
        });
}

void Daemon::note_confirmed(const std::optional<Actor>& by) {
    Event event;
    event.kind = "config.confirm";
    event.cause = "config";
    event.actor = by;
    event.after = measure();
    event.reason = by ? "somebody has confirmed it, and its verify window was clean"
                      : "its verify window was clean";
    note(std::move(event));
}

/// Somebody has looked at it.
void Daemon::confirm_uncompared(const Actor& actor) {
    Event event;
    event.kind = "config.confirm";
    event.cause = "config";
    event.actor = actor;
    event.reason = "somebody has looked at it: " + uncompared_.what();
    log::info(event.reason, entry("config.confirm"));
    note(std::move(event));
    if (uncompared_.end()) remember_tally();
}

void Daemon::confirm(const api::Caller& caller, const api::ConfirmRequest& request,
                     api::Reply<ChangeView> reply) {
    const auto number = request.generation == 0 ? generation_ : request.generation;
    const auto name = "generation " + std::to_string(number);
    if (number == generation_ && verifying_ && verifying_->waits()) {
        if (!request.dry_run) {
            verifying_->confirm(actor_of(caller));
            log::info(name + " confirmed by uid " +
                      std::to_string(caller.login_uid.value_or(caller.uid)));
        }
        ChangeView view{true, number, "pending", "confirmed", {}};
        if (verifying_->view().window_left > 0) view.state = GenerationState::verifying;
        return reply(std::move(view));
    }
    if (number == generation_ && !verifying_ && !uncompared_.is_over()) {
        if (!request.dry_run) confirm_uncompared(actor_of(caller));
        return reply(ChangeView{true, number, "uncompared", "confirmed", {}});
    }
    const auto* known = recent_.find(number);
    if (known && known->meta.state == GenerationState::rolled_back)
        return reply(
            Refusal{Refusal::Kind::failed, name + " was rolled back: " + known->meta.why, {}});
    reply(Refusal{Refusal::Kind::unknown, name + ": nothing to confirm", {}});
}

}  // namespace lb::daemon
