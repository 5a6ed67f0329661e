// SPDX-License-Identifier: Apache-2.0
/// A plan for whoever asks, and to be kept with the generation that was published under it.
#include "change/in_words.hpp"
#include "daemon/change.hpp"
#include "plan/effects.hpp"
#include "plan/tables.hpp"

namespace lb::daemon {

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
    auto plan = change::in_words(description(), differences_);
    plan.before = daemon_.running_->hash;
    plan.probed = caller_.may_change;
    plan.preflight = preflight_.value_or(std::vector<PreflightView>{});
    change::judged(*candidate_, guarded_.warnings, std::move(refusals), plan);
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
        plan::weigh(published, *tables, plan->vips);
    };
}

void start_plan(Daemon& daemon, const api::Caller& caller, const api::ApplyRequest& request,
                api::Reply<PlanView> reply) {
    std::make_shared<Change>(daemon, caller, request, [](const api::Answer<ChangeView>&) {
    })->plan(request, std::move(reply));
}

}  // namespace lb::daemon
