// SPDX-License-Identifier: Apache-2.0
/// After a way back: it is judged as a change is, by what was usual before what it takes back, and
/// if that does not return somebody is told.  Nothing is taken back twice.
#include "base/log.hpp"
#include "daemon/change.hpp"

namespace lb::daemon {

/// What was usual before the change that `watched` was about is what it goes back to.  False: its
/// window is over, so that was another time.
bool Change::watch_for_return(Verifying* watched) {
    if (!watched) return false;
    if (cause_ != RollbackCause::regression && watched->view().window_left == 0) return false;
    auto verification = std::move(*watched).verification();
    verification.taken_back(daemon_.vitals(), Loop::now());
    const auto recovery = verification.recovery(candidate_->spec);
    daemon_.watch_aftermath(std::move(verification), undone_, recovery);
    return true;
}

/// What is usual now is to stay.
void Daemon::watch_for_worse(const std::set<std::string>& vips, std::uint64_t undone) {
    change::Verification verification{
        {vips, {}, {}}, vitals(), vitals(), pulse_->minute(), Loop::now()};
    verification.taken_back(vitals(), Loop::now());
    watch_aftermath(std::move(verification), undone, milliseconds{0});
}

/// Until its window ends, or another generation runs.
void Daemon::watch_aftermath(change::Verification verification, std::uint64_t undone,
                             milliseconds recovery) {
    aftermath_ = std::make_unique<Verifying>(
        loop_, std::move(verification),
        Verifying::Terms{running_->spec.node.verify_window, {}, recovery},
        [this] { return vitals(); },
        Verifying::Listener{[] {},
                            [this, undone](Verifying::End end, const std::string& why) {
                                if (end == Verifying::End::regression) note_unhealed(undone, why);
                            }});
}

void Daemon::note_unhealed(std::uint64_t undone, const std::string& why) {
    Event event;
    event.kind = "config.unhealed";
    event.cause = "rollback";
    event.previous = undone;
    event.after = measure();
    event.reason = why + "; it was to be as before generation " + std::to_string(undone);
    log::error("the way back did not help: " + event.reason, entry(event.kind));
    note(std::move(event));
    tally_.lasting.unhealed_at = std::chrono::system_clock::now();
    remember_tally();
}

}  // namespace lb::daemon
