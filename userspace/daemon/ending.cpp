// SPDX-License-Identifier: Apache-2.0
/// How a change ends: done, refused, failed, or because somebody was in a hurry.  Whoever has asked
/// is told once.
#include "base/log.hpp"
#include "daemon/change.hpp"

namespace lb::daemon {

/// Before or after the publication.
ChangeView Change::view() const {
    ChangeView view;
    const bool is_published = number_ != 0 && daemon_.generation_ == number_;
    view.before = is_published ? before_hash_ : daemon_.running_->hash;
    view.after = candidate_->hash;
    view.changed = view.before != view.after;
    view.generation = daemon_.generation_;
    view.findings = candidate_->warnings;
    view.findings.insert(view.findings.end(), guarded_.warnings.begin(), guarded_.warnings.end());
    for (const auto& difference : differences_)
        view.differences.push_back(config::text(difference));
    view.accepted = terms_.accepts;
    if (daemon_.verifying_) view.state = daemon_.verifying_->view().state;
    return view;
}

/// What is not on the disk could not be taken back after a crash: so it was not published.
Refusal Change::unstored(const std::string& why) const {
    const auto& folder = daemon_.options_.state;
    return {Refusal::Kind::refused,
            why + "; nothing was published. fix: make room on the disk of " + folder +
                ", or mend it (df -h " + folder + "); `lbctl rollback` works without",
            {}};
}

void Change::fail(Refusal refusal) {
    ++daemon_.tally_.publish_failures;
    answer_due_.in(Disk::kSoon, [self = shared_from_this(), refusal] { self->refuse(refusal); });
    forget([self = shared_from_this(), refusal] { self->refuse(refusal); });
}

/// What the disk has, and was not published.
void Change::forget(Callback then) {
    daemon_.disk_.run([&store = daemon_.store_, number = number_] { store.forget(number); },
                      std::move(then));
}

/// The next change may begin.
void Change::release() {
    if (std::exchange(is_released_, true)) return;
    daemon_.changing_ = false;
    daemon_.give_way_ = nullptr;
    daemon_.decided_ = false;
    for (auto* each : {&judged_late_, &read_late_, &saved_late_, &answer_due_})
        each->cancel();
    door_ = {};  // whoever still holds us
}

/// Once: who has given way may have been about to be refused.
void Change::refuse(Refusal refusal) {
    if (std::exchange(is_answered_, true)) return;
    release();
    if (plan_reply_) return plan_reply_(std::move(refusal));
    refusal.what += "; still on generation " + std::to_string(daemon_.generation_);
    if (terms_.dry_run) return reply_(std::move(refusal));  // nothing was to be changed
    if (refusal.kind != Refusal::Kind::failed) daemon_.tally_.count_refusal(refusal.findings);
    auto noted = event("config.refuse", "config");
    for (const auto& finding : refusal.findings)
        noted.reason += (noted.reason.empty() ? "" : "; ") + finding.rule + " " + finding.object +
                        ": " + finding.message;
    if (refusal.findings.empty()) noted.reason = refusal.what;
    noted.generation = daemon_.generation_;
    daemon_.refusals_.note(std::move(noted), "apply refused: " + refusal.what);
    reply_(std::move(refusal));
}

/// When the log has it, too: its lines are in front of this.
void Change::answer(const ChangeView& view) {
    daemon_.disk_.run([] {}, [self = shared_from_this(), view] { self->finish(view); });
}

/// Once: when the disk has it, or it takes too long.
void Change::finish(ChangeView view) {
    release();
    if (!std::exchange(is_answered_, true)) reply_(std::move(view));
}

}  // namespace lb::daemon
