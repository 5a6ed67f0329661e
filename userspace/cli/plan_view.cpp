// SPDX-License-Identifier: Apache-2.0
/// A plan for people.
#include "cli/views.hpp"
#include "cli/words.hpp"

namespace lb::cli {
namespace {

Table effect_table(const PlanView& plan) {
    Table table{{{"VIP"},
                 {"CHANGE"},
                 {"HEALTHY", true},
                 {"PREDICTED", true},
                 {"FLOOR", true},
                 {"SLOTS MOVED", true},
                 {"CONNECTIONS", true},
                 {"PACKETS/S", true}},
                {}};
    for (const auto& effect : plan.vips)
        table.rows.push_back(
            {{effect.vip},
             {effect.fate},
             {std::to_string(effect.healthy)},
             {std::to_string(effect.predicted),
              effect.predicted < effect.healthy ? Ink::bad : Ink::none},
             {std::to_string(effect.floor)},
             {percent(effect.slots_moved)},
             {percent(effect.connections_affected),
              effect.connections_affected > 0 ? Ink::bad : Ink::none},
             {short_number(static_cast<std::uint64_t>(effect.packets_per_second))}});
    return table;
}

Table preflight_table(const PlanView& plan) {
    Table table{{{"BACKEND"}, {"AT"}, {"NOW"}, {"NEW CHECK"}, {"ATTEMPTS", true}}, {}};
    for (const auto& each : plan.preflight)
        table.rows.push_back({{each.id.text()},
                              {each.via ? each.via->text() : "itself"},
                              {each.now == HealthState::checking ? "new" : text(each.now)},
                              {std::string{text(each.result.outcome)} + " " + describe(each.result),
                               each.result.outcome == lb::Outcome::pass ? Ink::good : Ink::bad},
                              {std::to_string(each.attempts)}});
    return table;
}

}  // namespace

std::string told(const PlanView& plan, const std::string& from, const std::string& filename,
                 const Style& style) {
    const auto other = from.empty() ? "generation " + std::to_string(plan.generation) : from;
    if (!plan.changed) return "no difference: " + other + " is this configuration already\n";
    std::string words = "compared with " + other + ":\n";
    for (const auto& difference : plan.differences)
        words += "  " + difference + "\n";
    if (!plan.vips.empty()) words += "\n" + print(effect_table(plan), style);
    if (!plan.preflight.empty()) words += "\n" + print(preflight_table(plan), style);
    if (!plan.probed)
        words +=
            from.empty()
                ? "\nno check was tried: that needs the right to change things\n"
                : "\nno lbd was asked: no check was tried, and every backend counts as healthy\n";
    std::string said;
    for (const auto& finding : plan.refusals)
        said += print(finding, filename) + "\n";
    for (const auto& finding : plan.warnings)  // not of the file, nor of how it is offered
        if (finding.rule.starts_with("LB7")) said += print(finding, filename) + "\n";
    if (!said.empty()) words += "\n" + said;
    if (!plan.refusals.empty())
        words += plan.accept.empty() ? "it would be refused\n"
                                     : "it would be refused; if it is meant: " + plan.accept + "\n";
    return words;
}

}  // namespace lb::cli
