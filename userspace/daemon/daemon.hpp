// SPDX-License-Identifier: Apache-2.0
/// Daemon: introduces the rooms to each other and answers the API.
///
/// Everything here runs on the loop.  What takes its time (judging a configuration, the disk) goes
/// to a thread of its own and comes back.  Three things change what is forwarded, each in one
/// place: a generation (Change, change.cpp), a health transition and an override (below).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "api/core.hpp"
#include "api/server.hpp"
#include "base/log.hpp"
#include "base/loop.hpp"
#include "change/impacts.hpp"
#include "change/pipeline.hpp"
#include "change/recent.hpp"
#include "change/store.hpp"
#include "change/uncompared.hpp"
#include "checklist/change.hpp"
#include "config/diff.hpp"
#include "daemon/archive.hpp"
#include "daemon/capturing.hpp"
#include "daemon/door.hpp"
#include "daemon/file_drift.hpp"
#include "daemon/forwarding.hpp"
#include "daemon/generation.hpp"
#include "daemon/journal.hpp"
#include "daemon/mover.hpp"
#include "daemon/options.hpp"
#include "daemon/outlet.hpp"
#include "daemon/overrides.hpp"
#include "daemon/painter.hpp"
#include "daemon/pulse.hpp"
#include "daemon/verifying.hpp"
#include "daemon/witness.hpp"
#include "dataplane/dataplane.hpp"
#include "events/hook.hpp"
#include "events/refusals.hpp"
#include "health/checker.hpp"
#include "host/facts.hpp"
#include "model/figures.hpp"
#include "model/tally.hpp"
#include "plan/expiries.hpp"

namespace lb::daemon {

/// Every rule from the start.
Tally fresh_tally();

class Daemon final : public api::Core {
public:
    /// Takes the socket, adopts or creates the maps, publishes, attaches.  An error leaves
    /// forwarding as it was; a Refusal of kind invalid holds the findings.
    static api::Answer<std::unique_ptr<Daemon>> start(Loop& loop, const Options& options);

    Status status() override;
    api::Answer<BackendView> backend(const BackendId& id) override;
    std::string config() override;
    void history(api::Reply<std::vector<GenerationView>> reply) override;
    void generation(std::uint64_t number, api::Reply<GenerationView> reply) override;
    void stored_config(std::uint64_t number, api::Reply<std::string> reply) override;
    void stored_plan(std::uint64_t number, api::Reply<std::string> reply) override;
    void diff(api::DiffRequest request, api::Reply<DiffView> reply) override;
    void metrics(api::Reply<api::SharedText> reply) override;
    void page(std::optional<std::set<std::string>> unfolded,
              api::Reply<std::shared_ptr<const std::string>> reply) override;
    std::string why_not_ready() override;
    Readiness readiness() const;
    void events(std::chrono::seconds last, api::Reply<api::SharedText> reply) override;
    void events_as_written(std::chrono::seconds last, const api::Reply<api::SharedText>& reply);
    api::Answer<Explanation> explain(const std::string& vip, const Endpoint& source) override;
    void probe(const BackendId& id, const std::string& vip,
               api::Reply<std::vector<ProbeView>> reply) override;
    void plan(const api::Caller& caller, api::ApplyRequest request,
              api::Reply<PlanView> reply) override;
    void apply(const api::Caller& caller, api::ApplyRequest request,
               api::Reply<ChangeView> reply) override;
    void rollback(const api::Caller& caller, api::RollbackRequest request,
                  api::Reply<ChangeView> reply) override;
    void confirm(const api::Caller& caller, const api::ConfirmRequest& request,
                 api::Reply<ChangeView> reply) override;
    api::Answer<ChangeView> override_state(const api::Caller& caller,
                                           api::OverrideRequest request) override;
    api::Answer<ChangeView> override_weight(const api::Caller& caller,
                                            api::WeightRequest request) override;
    void capture(const api::Caller& caller, api::CaptureRequest request,
                 api::Reply<CaptureView> reply) override;
    void audit(const api::Caller& caller, api::AuditRequest request,
               api::Reply<Findings> reply) override;
    api::Answer<ChangeView> add_note(const api::Caller& caller,
                                     const api::NoteRequest& request) override;
    void detach(const api::Caller& caller, api::Reply<ChangeView> reply) override;

    /// "2 vips, 7/8 backends UP, generation 43"
    std::string summary() const;
    /// Before the process ends: what must outlive it is written.
    void stop();

    /// The fields of the journal entry that tells of an event, of which this is the object: what
    /// `journalctl LBD_VIP=shop` finds.  A pool is an object without a backend.
    log::Fields entry(std::string_view kind) const;
    log::Fields entry(std::string_view kind, const std::set<std::string>& vips) const;
    log::Fields entry(std::string_view kind, const BackendId& about) const;
    log::Fields entry(std::string_view kind, const Target& about) const;

private:
    friend class Change;  // the steps of one change

    Daemon(Loop& loop, const Options& options, change::Store store)
        : loop_{loop},
          options_{options},
          store_{std::move(store)},
          disk_{loop, options.state},
          judge_{loop},
          journal_{loop, disk_, events::Log{options.state}},
          override_timer_{loop},
          weight_timer_{loop},
          confirm_again_{loop},
          undo_again_{loop},
          record_again_{loop},
          drift_timer_{loop} {}

    api::Answer<change::Candidate> first_configuration();
    api::Answer<bool> bring_up(change::Candidate candidate);
    Result<std::unique_ptr<dataplane::Dataplane>> open_dataplane(change::Candidate& candidate);
    api::Answer<bool> fill_and_attach(const change::Candidate& candidate);
    /// Nothing: a change may begin.
    std::optional<Refusal> why_not_now() const;
    /// The same of a weight: what only looks what would be does not stand in its way.
    std::optional<Refusal> why_no_weight_now() const;
    WallTime applied_at() const;
    std::uint64_t next_number();
    std::string table() const;
    Measure measure(const std::string& pool = {}) const;
    void remember_impacts();
    void look_at_impacts();
    void record_impact(const std::optional<change::Impacts::Record>& record);
    /// Into the event log; the running generation, if it names none, and what is measured
    /// afterwards are filled in.
    void note(Event event);
    void on_hook_failure(const std::string& why);
    change::Vitals vitals() const;
    void on_window_over();
    void on_verified(Verifying::End end, const std::string& why);
    void confirm_running();
    void note_confirmed(const std::optional<Actor>& by);
    void make_way();
    void undo(RollbackCause cause, const std::string& why);
    void watch_for_worse(const std::set<std::string>& vips, std::uint64_t undone);
    void watch_aftermath(change::Verification verification, std::uint64_t undone,
                         milliseconds recovery);
    void note_unhealed(std::uint64_t undone, const std::string& why);
    void find_way_back();
    Former former(std::uint64_t number) const;
    std::uint64_t predecessor() const;
    void look_for_outdated();
    void mark_what_is_damaged();
    void judge_older(std::vector<std::uint64_t> left);
    std::string objection() const;
    api::Answer<change::Candidate> stored_configuration(change::StoredGeneration stored);
    Result<> record_start();
    void confirm_uncompared(const Actor& actor);
    void end_unfinished();
    void note_start();
    std::set<std::string> tell_what_was_taken_back(Event& event);
    host::Viewpoint viewpoint() const;
    void look_at_the_host();
    void note_audit(const Findings& findings, const Actor& actor);
    health::Checker::Options checker_options();
    GenerationView view_of(GenerationMeta meta) const;
    bool change_is_taken_back() const;
    HealthView inherited_health(const Spec& spec) const;
    void on_transition(const health::Transition& transition);
    void on_condition(CheckerState before, const CheckerView& now);
    void reconsider_changed_fronts();
    void log_effect(const Front& front, const FrontEffect& effect, const Measure& before);
    Onlooker onlooker();
    void note_passing(const std::string& pool, const std::map<Front, FrontEffect>& effects);
    void note_modes(const char* cause, const std::string& table_before);
    void note_mode(const Front& front, const plan::ModeChange& change, Event event);
    void reconsider(const std::string& pool);
    /// A pool as a person's word would leave it.
    struct Outcome {
        const std::string& pool;
        const Spec& spec;
        const plan::Overrides& overrides;
    };
    std::optional<Refusal> guard(const Outcome& outcome, const std::vector<std::string>& accepts,
                                 const std::string& reason) const;
    void follow_overrides();
    void end_overrides();
    Result<> weigh(std::map<BackendId, Override> weights);
    void follow_weights();
    void end_weights();
    void remember();
    void count_rollback(RollbackCause cause);
    void remember_tally();
    std::vector<VipFigures> vip_figures(const std::map<Target, TargetFigures>& checks) const;
    void write_metrics();
    /// By a backend's index.
    struct KernelCounts {
        std::vector<Count> forwarded;
        std::vector<std::uint64_t> new_flows;
    };
    KernelCounts kernel_counts() const;
    std::vector<BackendFigures> backend_figures(
        const Front& front, const KernelCounts& counts,
        const std::map<Target, TargetFigures>& checks) const;
    void look_at_the_maps();
    std::string kernel_drift() const;

    Loop& loop_;
    Options options_;
    change::Store store_;
    Disk disk_;
    Worker judge_;  ///< judges what is offered, the file and the host, whose files may hang
    FileDrift file_drift_{judge_, options_.config};
    Worker scribe_{loop_};  ///< reads no files: texts that are at hand, metrics, the status page
    Archive archive_{loop_, disk_, scribe_};
    Painter painter_{loop_, scribe_};
    std::vector<api::Reply<api::SharedText>> readers_;  ///< who waits for the next text of metrics
    bool is_writing_ = false;
    Journal journal_;
    events::Hook hook_{loop_, [this](const std::string& why) { on_hook_failure(why); }};
    std::optional<Time> hook_failed_;  ///< when that was last said
    Seed seed_{};
    Memory memory_;
    plan::Expiries expiries_, weight_expiries_;  ///< of memory_.overrides, memory_.weights
    Timer override_timer_, weight_timer_;        ///< the next of them
    bool memory_is_dirty_ = false, memory_is_being_written_ = false;
    std::uint64_t generation_ = 0;
    Tally tally_ = fresh_tally();
    change::Uncompared uncompared_{tally_.lasting.uncompared};
    WallTime started_ = std::chrono::system_clock::now();
    std::optional<WallTime> last_scrape_;  ///< nothing: nobody has read the metrics yet
    std::vector<Accepted> accepted_;       ///< by the running generation and before, and in effect
    std::uint64_t newest_ = 0;             ///< the highest number that was ever given
    std::uint64_t undone_by_start_ = 0;    ///< it was not confirmed; 0: nothing was
    std::uint64_t unrecorded_ = 0;         ///< in the maps at the start, and not the store's
    std::shared_ptr<const change::Candidate> running_;  ///< shared, see Generation
    std::optional<Generation> confirmed_;               ///< the last one; always, once we run
    std::optional<Generation> way_back_;                ///< of `rollback` without a number
    change::Recent recent_{kKeptGenerations};
    Outdated outdated_;
    std::unique_ptr<Verifying> verifying_;  ///< nothing: the running one is confirmed
    std::unique_ptr<Verifying> aftermath_;  ///< of the way back that runs; it ends in an alarm
    Timer confirm_again_, undo_again_, record_again_;  ///< what did not succeed
    struct {
        std::uint64_t generation = 0;
        std::string what;
        std::vector<WayBack> ways;  ///< the oldest first
    } unwritten_;                   ///< the ways back that the disk has not yet, and why
    change::Impacts impacts_;       ///< of generations of the last minutes
    struct {
        std::string what;
        Time shown_until{};
    } kernel_drift_;  ///< the last one
    Timer drift_timer_;
    events::Refusals refusals_{loop_, [this](Event refusal, const std::string& in_words) {
                                   log::warning(in_words, entry("config.refuse"));
                                   note(std::move(refusal));
                               }};
    std::uint64_t looks_at_the_maps_ = 0;
    bool detached_ = false, changing_ = false;
    bool decided_ = false;  ///< the change, by what was known: nothing of that may be changed
    Callback give_way_;     ///< ends the change that is not published yet; empty: there is none
    std::set<Front> changed_fronts_;               ///< that wait for their reconsideration
    std::vector<health::Transition> transitions_;  ///< what happened to them
    Measure before_passing_;                       ///< of time, while that changes something
    Timer reconsideration_{loop_};
    Time reconsidered_{};
    std::unique_ptr<dataplane::Dataplane> dataplane_;
    std::unique_ptr<Forwarding> forwarding_;
    std::unique_ptr<Outlet> outlet_;
    std::unique_ptr<Mover> mover_;
    std::unique_ptr<Witness> witness_;
    std::unique_ptr<Pulse> pulse_;
    std::unique_ptr<Capturing> capturing_;
    std::unique_ptr<health::Checker> checker_;
    // last: they ask all of the others
    Door door_{loop_, *this};
    std::unique_ptr<api::Server> server_;
};

Refusal unknown_backend(const BackendId& id);
/// One is on its way: later.
Refusal another_change();

Actor actor_of(const api::Caller& caller);
/// As an event has them.
std::vector<std::string> told(const std::vector<config::Difference>& differences);
/// "generation 2 accepted LB701:web (uid 1001): CHG-118"
std::string words(const Accepted& accepted);

}  // namespace lb::daemon
