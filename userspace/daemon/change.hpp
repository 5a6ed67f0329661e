// SPDX-License-Identifier: Apache-2.0
/// Change: one generation on its way, from what somebody asked for to what was done.
///
///     apply      validate -> compare -> guard (planning.cpp)
///                -> save -> publish -> seal -> watch (change.cpp)
///     roll back  take -> guard -> publish -> record (way_back.cpp)
///     undo       publish -> record (way_back.cpp)
///
/// How each of them ends is in ending.cpp, and who looks after a way back in aftermath.cpp.
///
/// A step that fails leaves everything as it was and says so.  Until it is published, whoever is in
/// a hurry may end it.  The way back publishes first and records afterwards: it needs neither disk
/// nor network.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "api/core.hpp"
#include "change/pipeline.hpp"
#include "daemon/daemon.hpp"
#include "daemon/preflight.hpp"

namespace lb::daemon {

/// Ready to run: a seed that is not given is the one of what runs.
std::shared_ptr<const change::Candidate> with_seed(change::Candidate candidate,
                                                   const std::optional<Seed>& running);

/// The same of one that was judged.
api::Answer<std::shared_ptr<const change::Candidate>> seeded(
    std::variant<change::Candidate, Refusal> judged, const std::optional<Seed>& running);

/// Shared by the callbacks of its own steps; it ends with the last one.
class Change : public std::enable_shared_from_this<Change> {
public:
    Change(Daemon& daemon, const api::Caller& caller, api::ChangeTerms terms,
           api::Reply<ChangeView> reply);

    void apply(const api::ApplyRequest& request);
    /// Instead of doing it, `reply` is told what would be done.
    void plan(const api::ApplyRequest& request, api::Reply<PlanView> reply);
    /// 0: wherever it leads.
    void roll_back(std::uint64_t number);
    /// Of lbd's own accord, to the last confirmed generation; `why` is kept with the undone one.
    void undo(RollbackCause cause, const std::string& why);

private:
    // planning.cpp
    void may_give_way();
    void give_way();
    void compare();
    void fly(const Spec& tried);
    void land(std::vector<PreflightView> preflight);
    void weigh_up();
    void decide();
    std::string try_door();
    void dismiss_guests(Callback then);
    void when_settled(Callback then);
    checklist::Change description() const;
    HealthView inherited(const HealthView& restored = {}) const;
    HealthView health_after(const HealthView& restored = {}) const;
    bool undoes_what_is_watched() const;
    const HealthView& restored();
    Overrides said_after(const Overrides& now, const Overrides& before, Survival survival) const;
    Overrides overrides_after() const;
    Overrides weights_after() const;
    std::set<Target> failing() const;
    Spec spec_after() const;
    plan::Standings standings_after() const;

    // telling.cpp
    void tell(Findings refusals);
    PlanView in_words(Findings refusals) const;
    Callback count_moves(std::shared_ptr<PlanView> plan) const;

    // change.cpp
    void save();
    void store(const PlanView& plan);
    Result<> publish(Callback settled);
    void remember_before(Overrides overrides, Overrides weights);
    void become_the_running_one();
    void note_publication();
    void expect_impact();
    void seal();
    milliseconds window() const;
    void watch();

    // way_back.cpp
    void take(const Former& former);
    void go_back();
    void record();
    void write_down(Callback then);
    void look_after_its_record();
    void miss_its_record(const std::string& why);

    // aftermath.cpp
    bool watch_for_return(Verifying* watched);

    // change.cpp
    void take_over_accepts();
    GenerationMeta meta() const;
    Event event(const char* kind, const char* cause) const;
    std::set<std::string> affected() const;  ///< vips

    // ending.cpp
    ChangeView view() const;
    Refusal unstored(const std::string& why) const;
    void fail(Refusal refusal);
    void forget(Callback then);
    void release();
    void refuse(Refusal refusal);
    void answer(const ChangeView& view);
    void finish(ChangeView view);

    Daemon& daemon_;
    api::Caller caller_;
    api::ChangeTerms terms_;
    api::Reply<ChangeView> reply_;
    /// Shared with what runs, or ran: on the way back there is no time for copies.
    std::shared_ptr<const change::Candidate> candidate_ =
        std::make_shared<const change::Candidate>();
    std::vector<config::Difference> differences_;
    std::unique_ptr<Preflight> flight_;
    std::optional<std::vector<PreflightView>> preflight_;  // nothing: not made yet
    change::Guarded guarded_;
    std::vector<Accepted>
        accepted_;                   // of the way back, and once it has a number: in effect with it
    std::optional<HostFacts> host_;  // nothing: the way back, or not looked yet
    Door::Opened door_;
    std::optional<milliseconds> confirm_within_;
    api::Reply<PlanView> plan_reply_;  // nothing: it is to be done
    std::string filename_;             // as messages name the configuration
    std::string before_hash_;
    Result<> outcome_;  // of the disk, once it is published
    bool is_released_ = false, is_answered_ = false;
    Timer again_{daemon_.loop_};        // until the maps have settled
    Timer judged_late_{daemon_.loop_};  // files that hang
    Timer read_late_{daemon_.loop_};    // the disk, of a generation that ran before
    Timer saved_late_{daemon_.loop_};   // the disk, of one that is new
    Timer answer_due_{daemon_.loop_};   // whatever the disk does
    std::uint64_t number_ = 0;
    std::uint64_t undone_ = 0;  // by this one; 0: it is no way back
    RollbackCause cause_ = RollbackCause::person;
    std::string why_;      // of that
    bool is_own_ = false;  // lbd's, nobody's
    HealthView restored_;  // by a way back that leads further than to what was confirmed last
    struct {
        std::shared_ptr<const change::Candidate> candidate;
        HealthView health;
        plan::Standings standings;
        Measure measure;
    } before_;  // the publication
};

/// Starts one plan, apply or rollback; `reply` comes when it is done, and the daemon takes the next
/// one after it.
void start_plan(Daemon& daemon, const api::Caller& caller, const api::ApplyRequest& request,
                api::Reply<PlanView> reply);
void start_rollback(Daemon& daemon, const api::Caller& caller, const api::RollbackRequest& request,
                    api::Reply<ChangeView> reply);
void start_change(Daemon& daemon, const api::Caller& caller, const api::ApplyRequest& request,
                  api::Reply<ChangeView> reply);

}  // namespace lb::daemon
