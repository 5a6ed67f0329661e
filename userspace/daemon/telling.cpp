// SPDX-License-Identifier: Apache-2.0
/// A plan in words: for whoever asks, and to be kept with the generation that was published under
/// it.
#include <algorithm>
#include <vector>

#include "checklist/accept.hpp"
#include "daemon/change.hpp"
#include "plan/tables.hpp"

namespace lb::daemon {
namespace {

const char* fate(const Spec& before, const Spec& after, const std::string& vip) {
    if (!before.vips.contains(vip)) return "added";
    return after.vips.contains(vip) ? "changed" : "REMOVED";
}

/// Of the slots of a vip those that get another backend.
double slots_moved(const VipEntry& before, const VipEntry& after) {
    std::size_t moved = 0;
    for (std::size_t i = 0; i < after.slots.size(); ++i)
        moved += slot_backend(before.slots[i]) != slot_backend(after.slots[i]);
    return static_cast<double>(moved) / static_cast<double>(after.slots.size());
}

/// By index: neither drains nor leaves nor is OFF.
std::vector<bool> staying(const Tables& tables) {
    std::vector<bool> found(LB_SLOT_NONE + 1, false);
    for (const auto& backend : tables.backends)
        if (backend.state == LB_BACKEND_READY) found[backend.index] = true;
    return found;
}

/// Of its connections those that cannot stay, as slots tell.
double connections_affected(const VipEntry& before, const std::vector<bool>& staying) {
    const auto affected =
        std::count_if(before.slots.begin(), before.slots.end(), [&](std::uint64_t slot) {
            const auto backend = slot_backend(slot);
            return backend != LB_SLOT_NONE && !staying[backend];
        });
    return static_cast<double>(affected) / static_cast<double>(before.slots.size());
}

const VipEntry* find(const Tables& tables, const std::string& vip) {
    const auto found = std::find_if(tables.vips.begin(), tables.vips.end(),
                                    [&](const VipEntry& each) { return each.name == vip; });
    return found == tables.vips.end() ? nullptr : &*found;
}

/// What a client of that vip feels.
void weigh(const Tables& before, const Tables& after, const std::vector<bool>& staying,
           VipEffect& effect) {
    const auto* was = find(before, effect.vip);
    const auto* is = find(after, effect.vip);
    if (!was) return;  // nobody could be its client
    const bool stays = is && is->key == was->key && is->size == was->size;
    effect.slots_moved = stays ? slots_moved(*was, *is) : 1;
    effect.connections_affected = stays ? connections_affected(*was, staying) : 1;
}

}  // namespace

void Change::tell(Findings refusals) {
    const auto plan = std::make_shared<PlanView>(in_words(std::move(refusals)));  // job and `then`
    daemon_.judge_.run(count_moves(plan), [self = shared_from_this(), plan] {
        if (self->is_released_) return;
        self->dismiss_guests([self, plan] {
            if (self->is_released_) return;
            self->release();
            self->plan_reply_(std::move(*plan));
        });
    });
}

/// But for the slots that move.
PlanView Change::in_words(Findings refusals) const {
    PlanView plan;
    plan.changed = candidate_->hash != daemon_.running_->hash;
    plan.generation = daemon_.generation_;
    plan.before = daemon_.running_->hash;
    plan.after = candidate_->hash;
    for (const auto& difference : differences_)
        plan.differences.push_back(config::text(difference));
    const auto description = this->description();
    const auto& before = daemon_.running_->spec;
    auto names = affected();
    for (const auto& [name, vip] : before.vips)
        if (!candidate_->spec.vips.contains(name)) names.insert(name);
    for (const auto& name : names) {
        VipEffect effect{name, fate(before, candidate_->spec, name)};
        if (const auto its = description.vips.find(name); its != description.vips.end()) {
            effect.healthy = its->second.healthy;
            effect.predicted = its->second.predicted;
            effect.floor = its->second.floor;
        }
        if (const auto pace = description.packets.find(name); pace != description.packets.end())
            effect.packets_per_second = pace->second;
        plan.vips.push_back(std::move(effect));
    }
    plan.probed = caller_.may_change;
    plan.preflight = preflight_.value_or(std::vector<PreflightView>{});
    plan.warnings = candidate_->warnings;
    plan.warnings.insert(plan.warnings.end(), guarded_.warnings.begin(), guarded_.warnings.end());
    if (!plan.changed) refusals.clear();
    plan.accept = checklist::flags_for(refusals);
    plan.refusals = std::move(refusals);
    return plan;
}

/// For the judge: the tables of the candidate are made aside, to see which slots would move.
Callback Change::count_moves(std::shared_ptr<PlanView> plan) const {
    return [plan = std::move(plan), published = daemon_.forwarding_->tables(),
            layout = daemon_.dataplane_->layout(), standings = standings_after(),
            spec = spec_after(), seed = daemon_.seed_] {
        plan::Homes homes{seed};
        const auto tables =
            plan::tables(spec, homes, standings, layout, {published.generation + 1, 1});
        if (!tables) return;  // apply would say why
        const auto stay = staying(*tables);
        for (auto& effect : plan->vips)
            weigh(published, *tables, stay, effect);
    };
}

void start_plan(Daemon& daemon, const api::Caller& caller, const api::ApplyRequest& request,
                api::Reply<PlanView> reply) {
    std::make_shared<Change>(daemon, caller, request, [](const api::Answer<ChangeView>&) {
    })->plan(request, std::move(reply));
}

}  // namespace lb::daemon
