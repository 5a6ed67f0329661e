// SPDX-License-Identifier: Apache-2.0
#include "cli/views.hpp"

#include "cli/cells.hpp"
#include "cli/words.hpp"

namespace lb::cli {
namespace {

std::string motion_of(const Status& status, const Style& style) {
    std::size_t moving = 0;
    for (const auto& vip : status.vips)
        moving += vip.moving + vip.settling;
    if (moving == 0 && status.leaving == 0) return {};
    return paint("moving   " + std::to_string(moving) + " slots, " +
                     std::to_string(status.flow_table.entries) + " of " +
                     std::to_string(status.flow_table.capacity) + " flow entries, " +
                     std::to_string(status.leaving) + " backends leaving",
                 Ink::none, style) +
           "\n";
}

std::string problems_of(const Status& status, const Style& style) {
    if (status.problems.empty()) return paint("no problems", Ink::good, style) + "\n";
    std::string text;
    for (const auto& problem : status.problems)
        text += paint("PROBLEM  " + problem, Ink::bad, style) + "\n";
    return text;
}

/// " (verifying, 12 s left; lbctl confirm within 40 s)"
std::string still_to_come(const Status& status) {
    if (!status.verification) return {};
    const auto& its = *status.verification;
    std::string words = std::string{" ("} + text(its.state);
    if (its.window_left > 0) words += ", " + std::to_string(its.window_left) + " s left";
    if (its.confirm_left)
        words += "; lbctl confirm within " + std::to_string(*its.confirm_left) + " s";
    return words + ")";
}

std::string node_of(const Status& status, const Style& style) {
    std::string interfaces;
    for (const auto& each : status.interfaces)
        interfaces += (interfaces.empty() ? "" : ", ") + each.name + " (" + each.xdp_mode + ")";
    if (interfaces.empty()) interfaces = "no interface";
    return paint("lbd " + status.version + "  generation " + std::to_string(status.generation) +
                     still_to_come(status) + "  config " + status.config_hash + "  on " +
                     interfaces,
                 Ink::none, style) +
           "\n";
}

bool is_drop(const std::string& verdict) {
    return !verdict.starts_with("pass_") && !verdict.starts_with("forward") &&
           !verdict.starts_with("reply_");
}

std::string packets_of(const Status& status, const Style& style) {
    std::string passed, dropped;
    for (const auto& verdict : status.verdicts) {
        if (verdict.packets == 0) continue;
        auto& list = is_drop(verdict.name) ? dropped : passed;
        list += (list.empty() ? "" : ", ") + verdict.name + " " + short_number(verdict.packets);
    }
    return paint("packets  " + or_none(passed), Ink::none, style) + "\n" +
           paint("dropped  " + or_none(dropped), dropped.empty() ? Ink::none : Ink::doubt, style) +
           "\n";
}

}  // namespace

Table vip_table(const std::vector<VipView>& vips) {
    Table table{{{"VIP"},
                 {"ADDRESS"},
                 {"POOL"},
                 {"MODE"},
                 {"HEALTHY", true},
                 {"PACKETS", true},
                 {"BYTES", true},
                 {"SLOTS", true, true},
                 {"MOVING", true, true},
                 {"SETTLING", true, true},
                 {"REMEMBERED", true, true},
                 {"REFUSED", true, true},
                 {"REROUTED", true, true}},
                {}};
    for (const auto& vip : vips)
        table.rows.push_back({{vip.name},
                              {address_of(vip)},
                              {vip.pool},
                              {vip.mode, ink_of_mode(vip.mode)},
                              healthy_cell(vip.healthy, vip.ready),
                              {short_number(vip.count.packets)},
                              {short_number(vip.count.bytes)},
                              {std::to_string(vip.slots)},
                              {std::to_string(vip.moving)},
                              {std::to_string(vip.settling)},
                              {short_number(vip.flows.inserted)},
                              {short_number(vip.flows.refused)},
                              {short_number(vip.flows.rerouted)}});
    return table;
}

Cell state_of(GenerationState state, bool is_running) {
    if (state == GenerationState::rolled_back) return {"rolled back", Ink::doubt};
    if (state != GenerationState::confirmed) return {text(state), Ink::doubt};
    return is_running ? Cell{"running", Ink::good} : Cell{"confirmed", Ink::none};
}

Table generation_table(const std::vector<GenerationView>& generations, WallTime now) {
    Table table{{{"GENERATION", true},
                 {"AGE", true},
                 {"PUBLISHED", false, true},
                 {"UID", true},
                 {"LOGIN UID", true, true},
                 {"CONFIG"},
                 {"STATE"},
                 {"COMMENT"}},
                {}};
    for (const auto& [meta, is_running, verification] : generations) {
        std::string comment = meta.comment;
        if (meta.rolled_back_from != 0)
            comment = "back from " + std::to_string(meta.rolled_back_from) +
                      (comment.empty() ? "" : ": " + comment);
        if (!meta.change_id.empty())
            comment += (comment.empty() ? "" : " ") + ("(" + meta.change_id + ")");
        if (!meta.why.empty()) comment += (comment.empty() ? "" : "; ") + meta.why;
        if (!meta.accepted.empty())
            comment += (comment.empty() ? "" : "; ") + ("accepted " + joined(meta.accepted, ", ")) +
                       ": " + meta.reason;
        table.rows.push_back({{std::to_string(meta.number)},
                              {age(meta.at, now)},
                              {full_time(meta.at)},
                              {std::to_string(meta.uid)},
                              {meta.login_uid ? std::to_string(*meta.login_uid) : "-"},
                              {meta.config_hash},
                              state_of(meta.state, is_running),
                              {comment}});
    }
    return table;
}

std::string told(const ChangeView& change, bool is_dry_run) {
    const auto number = std::to_string(change.generation);
    if (!change.changed)
        return "unchanged: generation " + number + " is this configuration already\n";
    std::string text;
    for (const auto& difference : change.differences)
        text += difference + "\n";
    for (const auto& finding : change.findings)
        if (finding.rule.starts_with("LB7"))  // of what it does
            text +=
                "warning " + finding.rule + " " + finding.object + ": " + finding.message + "\n";
    const auto hashes = "configuration " + change.before + " -> " + change.after;
    if (is_dry_run)
        return text + "would change " + hashes + ", still on generation " + number + "\n";
    return text + "generation " + number + " is published: " + hashes + "\n";
}

std::string ending(const ChangeView& change) {
    const auto number = std::to_string(change.generation);
    if (change.state == GenerationState::confirmed)
        return "generation " + number + " is confirmed\n";
    return "generation " + number +
           " is well so far; it is undone unless somebody says: lbctl confirm " + number + "\n";
}

Table pool_table(const std::vector<PoolView>& pools) {
    Table table{{{"POOL"},
                 {"MODE"},
                 {"HEALTHY", true},
                 {"ELIGIBLE", true, true},
                 {"BACKENDS", true, true},
                 {"PACKETS", true, true},
                 {"BYTES", true, true},
                 {"FORWARD"},
                 {"ALL DOWN"},
                 {"CHECK"}},
                {}};
    for (const auto& pool : pools)
        table.rows.push_back({{pool.name},
                              {pool.mode, ink_of_mode(pool.mode)},
                              healthy_cell(healthy_in(pool), ready_in(pool)),
                              {std::to_string(eligible_in(pool))},
                              {std::to_string(pool.backends.size())},
                              {short_number(count_of(pool).packets)},
                              {short_number(count_of(pool).bytes)},
                              {text(pool.forward)},
                              {text(pool.all_down)},
                              {pool.check}});
    return table;
}

Table backend_table(const std::vector<BackendView>& backends, WallTime now) {
    Table table{{{"BACKEND"},
                 {"ADDRESS"},
                 {"STATE"},
                 {"HEALTH"},
                 {"SINCE", true},
                 {"SHARE", true},
                 {""},
                 {"WEIGHT", true, true},
                 {"FLOWS", false, true},
                 {"PACKETS", true},
                 {"BYTES", true, true},
                 {"HANDSHAKES", true},
                 {"LATENCY", true, true},
                 {"CHECKED", true, true},
                 {"TOOK", true, true},
                 {"RESULT", false, true},
                 {"AT", false, true},
                 {"NEXT HOP", false, true},
                 {"WHY"}},
                {}};
    for (const auto& backend : backends)
        table.rows.push_back({{backend.id.text()},
                              {backend.address.text()},
                              {text(backend.state), ink_of(backend.state)},
                              {text(backend.health.state), ink_of(backend.health.state)},
                              {age(backend.health.since, now)},
                              {percent(backend.share)},
                              {bar(backend.share, 10), Ink::faint},
                              {std::to_string(backend.weight)},
                              {text(backend.flows)},
                              {short_number(backend.count.packets)},
                              {short_number(backend.count.bytes)},
                              handshakes_cell(backend.witness),
                              latency_cell(backend.witness),
                              {age(backend.health.last_at, now)},
                              took_cell(backend.health),
                              result_cell(backend.health),
                              {each_target(backend)},
                              {backend.next_hop, backend.reachable ? Ink::none : Ink::bad},
                              {why(backend)}});
    return table;
}

std::vector<BackendView> backends_of(const Status& status) {
    std::vector<BackendView> all;
    for (const auto& pool : status.pools)
        all.insert(all.end(), pool.backends.begin(), pool.backends.end());
    return all;
}

std::string status_screen(const Status& status, WallTime now, const Style& style) {
    return problems_of(status, style) + node_of(status, style) + "\n" +
           print(vip_table(status.vips), style) + "\n" +
           print(backend_table(backends_of(status), now), style) + "\n" + motion_of(status, style) +
           packets_of(status, style);
}

}  // namespace lb::cli
