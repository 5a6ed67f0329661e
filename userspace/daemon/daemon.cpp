// SPDX-License-Identifier: Apache-2.0
#include "daemon/daemon.hpp"

#include <algorithm>

#include "base/file.hpp"
#include "base/log.hpp"
#include "config/print.hpp"
#include "daemon/change.hpp"
#include "daemon/views.hpp"
#include "plan/eligibility.hpp"

namespace lb::daemon {

Refusal another_change() {
    return {Refusal::Kind::busy, "another change is being applied; wait for it and try again", {}};
}

Refusal unknown_backend(const BackendId& id) {
    return {Refusal::Kind::unknown,
            "no backend \"" + id.text() + "\"; `lbctl backend list` shows them",
            {}};
}

/// All at once; answers when the last one is done, or one could not be made.
void probe_all(health::Checker& checker, const std::vector<Target>& wanted,
               api::Reply<std::vector<ProbeView>> reply) {
    struct Gathered {
        std::vector<ProbeView> probes;  // in the order of `wanted`
        std::size_t missing;
        api::Reply<std::vector<ProbeView>> reply;
    };
    const auto all = std::make_shared<Gathered>(  // shared by the pending probes
        Gathered{std::vector<ProbeView>(wanted.size()), wanted.size(), std::move(reply)});
    for (std::size_t i = 0; i < wanted.size(); ++i)
        checker.probe(wanted[i], [all, i](Result<ProbeView> result) {
            if (!all->reply) return;
            if (!result)
                return std::exchange(
                    all->reply, nullptr)(Refusal{Refusal::Kind::failed, result.error().what, {}});
            all->probes[i] = std::move(*result);
            if (--all->missing == 0) std::exchange(all->reply, nullptr)(std::move(all->probes));
        });
}

Status Daemon::status() {
    const Sources from{*forwarding_, *dataplane_, checker_->view(), memory_, *witness_};
    Status status;
    status.version = LBD_VERSION;
    status.generation = generation_;
    status.config_hash = running_->hash;
    if (verifying_) status.verification = verifying_->view();
    status.readiness = readiness();
    status.interfaces = dataplane_->interfaces();
    status.verdicts = dataplane_->verdicts();
    status.flow_table = {mover_->flows().entries, forwarding_->spec().node.limits.flows};
    status.leaving = forwarding_->tables().leaving.size();
    status.vips = vip_views(from);
    for (auto& vip : status.vips)
        vip.config_hash = running_->vip_hashes.at(vip.name);
    status.pools = pool_views(from);
    for (const auto& why : {objection(), uncompared_.problem()})
        if (!why.empty()) status.problems.push_back(why);
    if (disk_.hangs()) status.problems.push_back(disk_.silent());
    if (unwritten_.generation == generation_) status.problems.push_back(unwritten_.what);
    if (detached_) status.problems.push_back("detached: nothing is forwarded until lbd restarts");
    status.checker = checker_->condition();
    if (const auto problem = checker_problem(status.checker); !problem.empty())
        status.problems.push_back(problem);
    if (!checker_->healthy()) status.problems.push_back("checks: " + checker_->problem());
    for (auto& problem : health_problems(from))
        status.problems.push_back(std::move(problem));
    for (auto& problem : dataplane_->problems())
        status.problems.push_back(std::move(problem));
    if (!mover_->problem().empty()) status.problems.push_back("flow table: " + mover_->problem());
    if (!door_.problem().empty()) status.problems.push_back(door_.problem());
    for (const auto& each : accepted_)
        status.problems.push_back(words(each));
    if (const auto kernel = kernel_drift(); !kernel.empty()) status.problems.push_back(kernel);
    if (!file_drift_.what().empty()) status.problems.push_back(file_drift_.what());
    if (!journal_.problem().empty()) status.problems.push_back("event log: " + journal_.problem());
    if (!hook_.problem().empty()) status.problems.push_back("event hook: " + hook_.problem());
    return status;
}

api::Answer<BackendView> Daemon::backend(const BackendId& id) {
    if (!forwarding_->knows(id)) return unknown_backend(id);
    auto view = backend_view({*forwarding_, *dataplane_, checker_->view(), memory_, *witness_}, id);
    for (auto& its : view.targets) {
        const Target target{{id.pool, its.via}, id.backend};
        const auto course = checker_->course(target);
        auto& detail = its.detail.emplace();
        detail.terms = plan::terms(forwarding_->standings().at(target.front), id.backend);
        detail.recent = course.recent;
        if (course.next)
            detail.next_check = std::chrono::duration_cast<std::chrono::microseconds>(
                std::max(*course.next - Loop::now(), Time::duration{0}));
    }
    return view;
}

std::string Daemon::config() {
    return config::print(running_->spec, config::Secrets::masked);
}

api::Answer<Explanation> Daemon::explain(const std::string& vip, const Endpoint& source) {
    const auto found = forwarding_->spec().vips.find(vip);
    if (found == forwarding_->spec().vips.end())
        return Refusal{
            Refusal::Kind::unknown, "no vip \"" + vip + "\"; `lbctl vip list` shows them", {}};
    if (found->second.address.is_v4() != source.address.is_v4())
        return Refusal{Refusal::Kind::invalid,
                       source.text() + " cannot talk to " + found->second.address.text() +
                           ": another address family",
                       {}};
    return explain_flow({*forwarding_, *dataplane_, checker_->view(), memory_, *witness_}, vip,
                        source);
}

void Daemon::probe(const BackendId& id, const std::string& vip,
                   api::Reply<std::vector<ProbeView>> reply) {
    if (!forwarding_->knows(id)) return reply(unknown_backend(id));
    const auto& spec = forwarding_->spec();
    auto wanted = targets(spec, id);
    if (!vip.empty()) {
        const auto found = spec.vips.find(vip);
        if (found == spec.vips.end() || found->second.pool != id.pool)
            return reply(Refusal{
                Refusal::Kind::unknown,
                "no vip \"" + vip + "\" of pool \"" + id.pool + "\"; `lbctl vip list` shows them",
                {}});
        wanted = {Target{front_of(spec, found->second), id.backend}};
    }
    probe_all(*checker_, wanted, std::move(reply));
}

void Daemon::plan(const api::Caller& caller, api::ApplyRequest request,
                  api::Reply<PlanView> reply) {
    if (const auto busy = why_not_now()) return reply(*busy);
    start_plan(*this, caller, request, std::move(reply));
}

void Daemon::apply(const api::Caller& caller, api::ApplyRequest request,
                   api::Reply<ChangeView> reply) {
    if (const auto busy = why_not_now()) return reply(*busy);
    start_change(*this, caller, request, std::move(reply));
}

void Daemon::rollback(const api::Caller& caller, api::RollbackRequest request,
                      api::Reply<ChangeView> reply) {
    if (!request.dry_run) make_way();
    if (const auto busy = why_not_now()) return reply(*busy);
    start_rollback(*this, caller, request, std::move(reply));
}

/// What has just been published it waits for (Change::when_settled).
std::optional<Refusal> Daemon::why_not_now() const {
    if (detached_) return Refusal{Refusal::Kind::refused, "lbd is detached; restart it first", {}};
    if (changing_) return another_change();
    return {};
}

/// After something changed that a pool is decided by.
void Daemon::reconsider(const std::string& pool) {
    const auto before = measure(pool);
    for (const auto& front : fronts(forwarding_->spec(), pool))
        log_effect(front,
                   forwarding_->reconsider(front, checker_->view(), states(memory_.overrides)),
                   before);
}

void Daemon::detach(const api::Caller& caller, api::Reply<ChangeView> reply) {
    const auto before = measure();
    if (const auto done = dataplane_->detach_all(); !done)
        return reply(Refusal{Refusal::Kind::failed, done.error().what, {}});
    const bool changed = !std::exchange(detached_, true);
    log::warning("detached by uid " + std::to_string(caller.uid) + ": nothing is forwarded",
                 entry("daemon.detach"));
    Event event;
    event.kind = "daemon.detach";
    event.cause = "admin";
    event.actor = actor_of(caller);
    event.before = before;
    event.reason = "nothing is forwarded";
    if (changed) note(std::move(event));
    reply(ChangeView{changed, generation_, "attached", "detached", {}});
}

change::Vitals Daemon::vitals() const {
    return {running_->spec, checker_->view(), forwarding_->standings()};
}

std::uint64_t Daemon::next_number() {
    return newest_ = std::max(newest_, generation_) + 1;
}

/// Writes the memory file on the disk's thread; changes that arrive meanwhile share the next write.
void Daemon::remember() {
    memory_.health = checker_->view();
    memory_is_dirty_ = true;
    if (std::exchange(memory_is_being_written_, true)) return;
    memory_is_dirty_ = false;
    auto outcome = std::make_shared<Result<>>();  // shared by the job and what follows it
    disk_.run([this, outcome, memory = memory_] { *outcome = store_.save_memory(memory); },
              [this, outcome] {
                  memory_is_being_written_ = false;
                  if (!*outcome) log::error("remember: " + outcome->error().what);
                  if (memory_is_dirty_) remember();
              });
}

void Daemon::count_rollback(RollbackCause cause) {
    tally_.count_rollback(cause, std::chrono::system_clock::now());
    remember_tally();
}

/// Seldom: after a rollback or an audit.
void Daemon::remember_tally() {
    const auto outcome = std::make_shared<Result<>>();  // shared by the job and what follows it
    disk_.run([this, outcome, lasting = tally_.lasting] { *outcome = store_.save_tally(lasting); },
              [outcome] {
                  if (!*outcome) log::error("remember the tally: " + outcome->error().what);
              });
}

void Daemon::stop() {
    reconsider_changed_fronts();
    refusals_.sum_up();
    Event event;
    event.kind = "daemon.stop";
    event.cause = "start";
    event.reason = "forwarding goes on";
    note(std::move(event));
    journal_.flush();
    memory_.health = checker_->view();
    // After what the disk is writing: else that could be what stays.  Its end waits for this.
    disk_.run(
        [this, memory = memory_, tally = tally_.lasting] {
            if (const auto written = store_.save_memory(memory); !written)
                log::error("remember: " + written.error().what);
            if (const auto written = store_.save_tally(tally); !written)
                log::error("remember the tally: " + written.error().what);
        },
        [] {});
}

std::string Daemon::summary() const {
    const auto& spec = forwarding_->spec();
    std::size_t all = 0;
    for (const auto& [name, pool] : spec.pools)
        all += pool.backends.size();
    return std::to_string(spec.vips.size()) + " vips, " +
           std::to_string(count_up(spec, checker_->view())) + "/" + std::to_string(all) +
           " backends UP, generation " + std::to_string(generation_);
}

}  // namespace lb::daemon
