// SPDX-License-Identifier: Apache-2.0
/// Daemon: introduces the rooms to each other and answers the API.
///
/// Everything here runs on the loop.  What blocks (reading and judging a configuration, files)
/// goes to the worker and comes back.  Three things change what is forwarded, each in one place:
/// a generation (Change, change.cpp), a health transition and an override (below).
#pragma once

#include <memory>
#include <set>
#include <string>

#include "api/core.hpp"
#include "api/server.hpp"
#include "base/loop.hpp"
#include "change/pipeline.hpp"
#include "change/store.hpp"
#include "checklist/change.hpp"
#include "daemon/capturing.hpp"
#include "daemon/door.hpp"
#include "daemon/forwarding.hpp"
#include "daemon/mover.hpp"
#include "daemon/options.hpp"
#include "daemon/outlet.hpp"
#include "daemon/witness.hpp"
#include "dataplane/dataplane.hpp"
#include "health/checker.hpp"
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
    void stored_config(std::uint64_t number, api::Reply<std::string> reply) override;
    void diff(api::DiffRequest request, api::Reply<DiffView> reply) override;
    void metrics(api::Reply<std::string> reply) override;
    std::string why_not_ready() override;
    api::Answer<Explanation> explain(const std::string& vip, const Endpoint& source) override;
    void probe(const BackendId& id, const std::string& vip,
               api::Reply<std::vector<ProbeView>> reply) override;
    void apply(const api::Caller& caller, api::ApplyRequest request,
               api::Reply<ChangeView> reply) override;
    void rollback(const api::Caller& caller, api::RollbackRequest request,
                  api::Reply<ChangeView> reply) override;
    api::Answer<ChangeView> override_state(const api::Caller& caller,
                                           api::OverrideRequest request) override;
    void capture(const api::Caller& caller, api::CaptureRequest request,
                 api::Reply<CaptureView> reply) override;
    void detach(const api::Caller& caller, api::Reply<ChangeView> reply) override;

    /// "2 vips, 7/8 backends UP, generation 43"
    std::string summary() const;
    /// Before the process ends: what must outlive it is written.
    void stop();

private:
    friend class Change;  // change.cpp: the steps of one apply

    Daemon(Loop& loop, const Options& options, change::Store store)
        : loop_{loop},
          options_{options},
          store_{std::move(store)},
          worker_{loop},
          override_timer_{loop} {}

    api::Answer<change::Candidate> first_configuration();
    api::Answer<bool> bring_up(change::Candidate candidate);
    Result<std::unique_ptr<dataplane::Dataplane>> open_dataplane(Spec& spec);
    api::Answer<bool> fill_and_attach(const change::Candidate& candidate);
    /// Nothing: a change may begin.
    std::optional<Refusal> why_not_now() const;
    WallTime applied_at() const;
    HealthView inherited_health(const Spec& spec) const;
    /// What `after` would do to the health of the vips that it keeps.
    std::map<std::string, checklist::VipOutlook> outlook(const Spec& after) const;
    void on_transition(const health::Transition& transition);
    void reconsider_changed_fronts();
    void log_effect(const Front& front, const FrontEffect& effect) const;
    void reconsider(const std::string& pool);
    void follow_overrides();
    void end_overrides();
    void remember();
    void look_for_drift();
    std::vector<VipFigures> vip_figures(const std::map<Target, TargetFigures>& checks) const;
    std::vector<BackendFigures> backend_figures(
        const Front& front, const std::vector<Count>& counts,
        const std::map<Target, TargetFigures>& checks) const;

    Loop& loop_;
    Options options_;
    change::Store store_;
    std::string looked_at_, file_drift_;  ///< of look_for_drift(): the worker's, while it lives
    Worker worker_;
    Worker scribe_{loop_};  ///< writes the text of metrics
    Seed seed_{};
    Memory memory_;
    plan::Expiries expiries_;  ///< of memory_.overrides
    Timer override_timer_;     ///< the next of them
    bool memory_is_dirty_ = false, memory_is_being_written_ = false;
    std::uint64_t generation_ = 0;
    std::string config_hash_;
    Tally tally_ = fresh_tally();
    Timer drift_timer_{loop_};
    std::string drift_;  ///< how the file differs from the running generation; empty: it does not
    bool detached_ = false, changing_ = false;
    std::set<Front> changed_fronts_;  ///< that wait for their reconsideration
    Timer reconsideration_{loop_};
    Time reconsidered_{};
    std::unique_ptr<dataplane::Dataplane> dataplane_;
    std::unique_ptr<Forwarding> forwarding_;
    std::unique_ptr<Outlet> outlet_;
    std::unique_ptr<Mover> mover_;
    std::unique_ptr<Witness> witness_;
    std::unique_ptr<Capturing> capturing_;
    std::unique_ptr<health::Checker> checker_;
    // last: they ask all of the others
    Door door_{loop_, *this};
    std::unique_ptr<api::Server> server_;
};

Refusal unknown_backend(const BackendId& id);

/// Says that results count no more, or again.
void log_condition(CheckerState before, const CheckerView& now);

/// The admin states that the plan needs of what people said.
plan::Overrides states(const std::map<BackendId, Override>& overrides);

/// Starts one apply, or one rollback; `reply` comes when it is done, and the daemon takes the next
/// one after it.
void start_rollback(Daemon& daemon, const api::Caller& caller, const api::RollbackRequest& request,
                    api::Reply<ChangeView> reply);
void start_change(Daemon& daemon, const api::Caller& caller, api::ApplyRequest request,
                  api::Reply<ChangeView> reply);

}  // namespace lb::daemon
