// SPDX-License-Identifier: Apache-2.0
#include "change/offline.hpp"

#include "change/in_words.hpp"
#include "change/outlook.hpp"
#include "plan/effects.hpp"
#include "plan/healthy.hpp"

namespace lb::change {
namespace {

/// Which slots would move.  Where the tables cannot be made lbd would refuse it, and say why.
void count_moves(const Spec& before, const Spec& after, PlanView& plan) {
    const auto seed = after.node.seed.value_or(Seed{});
    const auto published = plan::tables_if_healthy(before, seed);
    if (!published) return;
    if (const auto next = plan::tables_if_healthy(after, seed, &*published))
        plan::weigh(*published, *next, plan.vips);
}

}  // namespace

std::variant<PlanView, Refusal> plan_offline(Candidate before, Candidate after,
                                             const std::vector<std::string>& accepts,
                                             const std::string& reason, bool is_explained) {
    auto &was = before.spec, &is = after.spec;
    give_seed(before, is.node.seed);
    give_seed(after, was.node.seed);
    if (auto why = needs_new_maps(was, is); !why.empty())
        return Refusal{Refusal::Kind::refused, std::move(why), {}};
    checklist::Change change{was, is};
    change.vips = outlook(was, plan::all_healthy(was), is, plan::all_healthy(is));
    change.inherited = plan::all_up(is);
    change.is_explained = is_explained;
    auto guarded = guard(change, accepts, reason);
    auto* refusal = std::get_if<Refusal>(&guarded);
    if (refusal && refusal->kind != Refusal::Kind::refused) return std::move(*refusal);
    auto plan = in_words(change, config::diff(was, is));
    plan.before = before.hash;
    judged(after, refusal ? Findings{} : std::get<Guarded>(guarded).warnings,
           refusal ? std::move(refusal->findings) : Findings{}, plan);
    count_moves(was, is, plan);
    return plan;
}

}  // namespace lb::change
