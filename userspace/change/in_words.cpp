// SPDX-License-Identifier: Apache-2.0
#include "change/in_words.hpp"

#include "change/verification.hpp"
#include "checklist/accept.hpp"

namespace lb::change {
namespace {

const char* fate(const checklist::Change& change, const std::string& vip) {
    if (!change.before.vips.contains(vip)) return "added";
    return change.after.vips.contains(vip) ? "changed" : "REMOVED";
}

VipEffect effect(const checklist::Change& change, const std::string& vip) {
    VipEffect effect{vip, fate(change, vip)};
    if (const auto its = change.vips.find(vip); its != change.vips.end()) {
        effect.healthy = its->second.healthy;
        effect.predicted = its->second.predicted;
        effect.floor = its->second.floor;
    }
    if (const auto pace = change.packets.find(vip); pace != change.packets.end())
        effect.packets_per_second = pace->second;
    return effect;
}

}  // namespace

PlanView in_words(const checklist::Change& change,
                  const std::vector<config::Difference>& differences) {
    PlanView plan;
    plan.generation = change.generation;
    for (const auto& difference : differences)
        plan.differences.push_back(config::text(difference));
    auto vips = affected_vips(differences, change.after);
    for (const auto& [name, vip] : change.before.vips)
        if (!change.after.vips.contains(name)) vips.insert(name);
    for (const auto& name : vips)
        plan.vips.push_back(effect(change, name));
    return plan;
}

void judged(const Candidate& candidate, const Findings& warnings, Findings refusals,
            PlanView& plan) {
    plan.after = candidate.hash;
    plan.changed = plan.before != plan.after;
    plan.warnings = candidate.warnings;
    plan.warnings.insert(plan.warnings.end(), warnings.begin(), warnings.end());
    if (!plan.changed) refusals.clear();
    plan.accept = checklist::flags_for(refusals);
    plan.refusals = std::move(refusals);
}

}  // namespace lb::change
