// SPDX-License-Identifier: Apache-2.0
/// What lbd tells those who watch it.
#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "checklist/change.hpp"
#include "checklist/host.hpp"
#include "checklist/registry.hpp"
#include "daemon/daemon.hpp"
#include "health/coverage.hpp"
#include "metrics/print.hpp"

namespace lb::daemon {
namespace {

using TargetCounts = std::map<Target, TargetFigures>;

TargetFigures of(const TargetCounts& counts, const Target& target) {
    const auto found = counts.find(target);
    return found == counts.end() ? TargetFigures{} : found->second;
}

std::vector<PoolFigures> pool_figures(const Spec& spec) {
    std::vector<PoolFigures> pools;
    for (const auto& [name, pool] : spec.pools) {
        pools.push_back({name, {}});
        if (pool.check && pool.check->is_none())
            pools.back().unchecked_until = pool.check->until.value_or(Date{});
    }
    return pools;
}

}  // namespace

Tally fresh_tally() {
    Tally tally;
    for (const auto& rule : checklist::rules())
        tally.refusals.emplace(rule.id, 0);
    for (const auto& rule : checklist::change_rules())
        tally.refusals.emplace(rule.id, 0);
    for (const auto& rule : checklist::host_rules())
        tally.refusals.emplace(rule.id, 0);
    return tally;
}

/// Read once for all of them.
Daemon::KernelCounts Daemon::kernel_counts() const {
    std::uint32_t end = 0;
    for (const auto& entry : forwarding_->tables().backends)
        end = std::max(end, entry.index + 1);
    return {dataplane_->backend_counts(end), dataplane_->new_flows(end)};
}

std::vector<BackendFigures> Daemon::backend_figures(const Front& front, const KernelCounts& counts,
                                                    const TargetCounts& checks) const {
    const auto& pool = forwarding_->spec().pools.at(front.pool);
    std::vector<BackendFigures> all;
    for (const auto& [name, its] : forwarding_->standings().at(front).backends) {
        const Target target{front, name};
        const auto index = forwarding_->find(target)->index;
        BackendFigures figures;
        figures.backend = name;
        figures.health = checker_->view().at(target).state;
        figures.admin = its.admin;
        if (const auto said = memory_.overrides.find(target.id()); said != memory_.overrides.end())
            figures.admin_since = said->second.since;
        figures.eligible = its.eligible;
        figures.weight = pool.backends.at(name).weight;
        figures.checks = of(checks, target);
        figures.count = counts.forwarded.at(index);
        figures.new_flows = counts.new_flows.at(index);
        figures.handshakes = witness_->handshakes(index);
        all.push_back(std::move(figures));
    }
    return all;
}

std::vector<VipFigures> Daemon::vip_figures(const TargetCounts& checks) const {
    const auto& spec = forwarding_->spec();
    const auto coverage = health::coverage(spec, checker_->silences());
    const auto counts = kernel_counts();
    std::set<Front> seen;
    std::vector<VipFigures> all;
    for (const auto& entry : forwarding_->tables().vips) {
        const auto front = front_of(spec, spec.vips.at(entry.name));
        const auto& standing = forwarding_->standings().at(front);
        all.push_back({entry.name, front.pool, plan::text(standing.mode), standing.ready,
                       standing.healthy, standing.floor, coverage.at(front).ratio(),
                       dataplane_->vip_count(entry.number), seen.insert(front).second,
                       backend_figures(front, counts, checks),
                       running_->vip_hashes.at(entry.name)});
    }
    return all;
}

/// Who asks while a text is being written shares the next one, with whoever asks meanwhile: many
/// who ask at once are two texts, and nobody gets figures from before his question.
void Daemon::metrics(api::Reply<api::SharedText> reply) {
    last_scrape_ = std::chrono::system_clock::now();
    readers_.push_back(std::move(reply));
    if (!std::exchange(is_writing_, true)) write_metrics();
}

/// A copy is made here, its text in another thread: many backends are many lines, and checks must
/// not wait for them.  Not on the disk's, which may be what hangs when somebody looks.
void Daemon::write_metrics() {
    Figures figures{LBD_VERSION,
                    generation_,
                    running_->hash,
                    {},
                    pool_figures(forwarding_->spec()),
                    dataplane_->verdicts(),
                    checker_->condition().state,
                    checker_->figures(),
                    readiness().obstacle,
                    dataplane_->interfaces()};
    figures.vips = vip_figures(figures.checks.targets);
    auto tally = tally_;
    tally.file_drift = !file_drift_.what().empty();
    tally.kernel_drift = !kernel_drift().empty();
    tally.event_log_errors = journal_.errors();
    tally.event_hook_failures = hook_.failures();
    tally.event_hook_missed = hook_.missed();
    tally.generation_confirmed = confirmed_->number;
    if (verifying_ && verifying_->view().confirm_left) tally.generation_pending = generation_;
    const auto text = std::make_shared<std::string>();  // shared by the job and what follows it
    scribe_.run([text, figures = std::move(figures),
                 tally = std::move(tally)] { *text = metrics::print(figures, tally); },
                [this, text, readers = std::exchange(readers_, {})] {
                    for (const auto& reply : readers)
                        reply(api::SharedText{text});
                    is_writing_ = !readers_.empty();
                    if (is_writing_) write_metrics();
                });
}

std::string Daemon::why_not_ready() {
    return readiness().why;
}

Readiness Daemon::readiness() const {
    using enum Readiness::Obstacle;
    if (detached_) return {detached, "detached: nothing is forwarded until lbd restarts"};
    const auto interfaces = dataplane_->interfaces();
    if (std::ranges::all_of(interfaces, [](const auto& its) { return its.xdp_mode == "none"; }))
        return {no_program, "the program is attached to no interface"};
    if (const auto why = dataplane_->cut_off(); !why.empty()) return {cut_off, why};
    const auto& spec = forwarding_->spec();
    for (const auto& [name, vip] : spec.vips)
        for (const auto& [backend, its] : forwarding_->standings().at(front_of(spec, vip)).backends)
            if (its.eligible) return {};
    return {no_backend, "no vip has an eligible backend"};
}

}  // namespace lb::daemon
