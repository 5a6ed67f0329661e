// SPDX-License-Identifier: Apache-2.0
#include "cli/views.hpp"

#include <array>
#include <utility>

#include "cli/words.hpp"

namespace lb::cli {
namespace {

Ink ink_of(HealthState state) {
    if (state == HealthState::checking || state == HealthState::stale ||
        state == HealthState::unchecked)
        return Ink::doubt;
    return state == HealthState::up ? Ink::good : Ink::bad;
}

Ink ink_of_mode(const std::string& mode) {
    return mode == "normal" ? Ink::none : Ink::bad;
}

Ink ink_of(AdminState state) {
    return state == AdminState::ready ? Ink::none : Ink::doubt;
}

std::string address_of(const VipView& vip) {
    return service_text(vip.address, vip.ports, vip.protocol);
}

Cell healthy_cell(int healthy, int ready) {
    const auto ink = healthy == 0 ? Ink::bad : healthy < ready ? Ink::doubt : Ink::good;
    return {std::to_string(healthy) + "/" + std::to_string(ready), ink};
}

int healthy_in(const PoolView& pool) {
    int count = 0;
    for (const auto& backend : pool.backends)
        count += backend.state == AdminState::ready && backend.health.verdict == HealthVerdict::up;
    return count;
}

int ready_in(const PoolView& pool) {
    int count = 0;
    for (const auto& backend : pool.backends)
        count += backend.state == AdminState::ready;
    return count;
}

/// Why it is in its health state, and who set its admin state for what reason.
std::string why(const BackendView& backend) {
    if (backend.state_reason.empty()) return backend.health.why;
    const auto end =
        backend.state_until == WallTime{} ? "" : " until " + full_time(backend.state_until);
    return backend.health.why + "; " + text(backend.state) + end + ": " + backend.state_reason;
}

/// How many of its clients' handshakes it answered: "98.2% ±1.1".
Cell handshakes_cell(const Testimony& witness) {
    if (witness.samples == 0) return {"-", Ink::faint};
    const auto ink = witness.verdict == WitnessVerdict::suspicious ? Ink::bad
                     : witness.verdict == WitnessVerdict::too_few  ? Ink::faint
                                                                   : Ink::none;
    return {percent(witness.ratio, witness.error), ink};
}

/// "98.2% ±1.1 (n=412), 1.3 ms, normal"
Cell handshakes_of(const Testimony& witness) {
    constexpr std::array kWords{"too few to judge", "normal", "fewer than the rest of its pool"};
    auto cell = handshakes_cell(witness);
    if (witness.samples == 0) return cell;
    cell.text += " (n=" + std::to_string(witness.samples) + "), ";
    if (witness.completed > 0) cell.text += milliseconds_text(witness.latency) + ", ";
    cell.text += kWords.at(static_cast<std::size_t>(witness.verdict));
    return cell;
}

std::string last_check(const BackendHealth& health) {
    if (!health.last) return "none yet";
    const auto& last = *health.last;
    return full_time(health.last_at) + ": " + text(last.outcome) + ", " + lb::describe(last) +
           ", " + milliseconds_text(last.duration);
}

/// "16381; 1638 moving, 20 settling"
std::string slots_of(const VipView& vip) {
    if (vip.moving + vip.settling == 0) return std::to_string(vip.slots) + ", all at rest";
    return std::to_string(vip.slots) + "; " + std::to_string(vip.moving) + " moving, " +
           std::to_string(vip.settling) + " settling";
}

std::string flows_of(const FlowCounts& flows) {
    return std::to_string(flows.inserted) + " remembered, " + std::to_string(flows.refused) +
           " not for lack of room, " + std::to_string(flows.rerouted) + " rerouted";
}

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

using Pairs = std::vector<std::pair<std::string, Cell>>;

std::string list(const Pairs& pairs, const Style& style) {
    Table table{{{"", false}, {"", false}}, {}};
    for (const auto& [key, cell] : pairs)
        table.rows.push_back({{key, Ink::faint}, cell});
    return print(table, {style.colour, false});
}

// --------------------------------------------------------------------------------------- status

std::string problems_of(const Status& status, const Style& style) {
    if (status.problems.empty()) return paint("no problems", Ink::good, style) + "\n";
    std::string text;
    for (const auto& problem : status.problems)
        text += paint("PROBLEM  " + problem, Ink::bad, style) + "\n";
    return text;
}

std::string node_of(const Status& status, const Style& style) {
    std::string interfaces;
    for (const auto& each : status.interfaces)
        interfaces += (interfaces.empty() ? "" : ", ") + each.name + " (" + each.xdp_mode + ")";
    if (interfaces.empty()) interfaces = "no interface";
    return paint("lbd " + status.version + "  generation " + std::to_string(status.generation) +
                     "  config " + status.config_hash + "  on " + interfaces,
                 Ink::none, style) +
           "\n";
}

bool is_drop(const std::string& verdict) {
    return !verdict.starts_with("pass_") && !verdict.starts_with("forward") &&
           !verdict.starts_with("reply_");
}

std::string or_none(const std::string& text) {
    return text.empty() ? "none" : text;
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
                 {"BYTES", true}},
                {}};
    for (const auto& vip : vips)
        table.rows.push_back({{vip.name},
                              {address_of(vip)},
                              {vip.pool},
                              {vip.mode, ink_of_mode(vip.mode)},
                              healthy_cell(vip.healthy, vip.ready),
                              {short_number(vip.count.packets)},
                              {short_number(vip.count.bytes)}});
    return table;
}

Table pool_table(const std::vector<PoolView>& pools) {
    Table table{{{"POOL"}, {"MODE"}, {"HEALTHY", true}, {"FORWARD"}, {"ALL DOWN"}, {"CHECK"}}, {}};
    for (const auto& pool : pools)
        table.rows.push_back({{pool.name},
                              {pool.mode, ink_of_mode(pool.mode)},
                              healthy_cell(healthy_in(pool), ready_in(pool)),
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
                 {"PACKETS", true},
                 {"HANDSHAKES", true},
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
                              {short_number(backend.count.packets)},
                              handshakes_cell(backend.witness),
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

// -------------------------------------------------------------------------------------- objects

std::string describe(const VipView& vip, const Style& style) {
    return list({{"vip", {vip.name}},
                 {"address", {address_of(vip)}},
                 {"pool", {vip.pool}},
                 {"mode", {vip.mode, ink_of_mode(vip.mode)}},
                 {"healthy", healthy_cell(vip.healthy, vip.ready)},
                 {"slots", {slots_of(vip)}},
                 {"flows", {flows_of(vip.flows)}},
                 {"packets", {std::to_string(vip.count.packets)}},
                 {"bytes", {std::to_string(vip.count.bytes)}}},
                style);
}

std::string describe(const PoolView& pool, WallTime now, const Style& style) {
    return list({{"pool", {pool.name}},
                 {"mode", {pool.mode, ink_of_mode(pool.mode)}},
                 {"healthy", healthy_cell(healthy_in(pool), ready_in(pool))},
                 {"forward", {text(pool.forward)}},
                 {"all down", {text(pool.all_down)}},
                 {"check", {pool.check}}},
                style) +
           "\n" + print(backend_table(pool.backends, now), style);
}

std::string describe(const BackendView& backend, const Style& style) {
    const auto& health = backend.health;
    return list(
        {{"backend", {backend.id.text()}},
         {"address", {backend.address.text()}},
         {"state", {text(backend.state), ink_of(backend.state)}},
         {"reason", {backend.state_reason.empty() ? "-" : backend.state_reason}},
         {"until", {full_time(backend.state_until)}},
         {"health", {text(health.state), ink_of(health.state)}},
         {"since", {full_time(health.since)}},
         {"why", {health.why}},
         {"last check", {last_check(health)}},
         {"eligible", {backend.eligible ? "yes" : "no"}},
         {"flows", {text(backend.flows)}},
         {"weight", {std::to_string(backend.weight)}},
         {"share", {percent(backend.share).substr(percent(backend.share).find_first_not_of(' '))}},
         {"next hop", {backend.next_hop}},
         {"handshakes", handshakes_of(backend.witness)},
         {"packets", {std::to_string(backend.count.packets)}},
         {"bytes", {std::to_string(backend.count.bytes)}}},
        style);
}

std::string describe(const Explanation& explanation, const Style& style) {
    const bool is_dropped = explanation.backend.empty();
    Pairs pairs{
        {"flow", {explanation.flow}},
        {"backend",
         {is_dropped ? "none" : explanation.backend + " (" + explanation.backend_state + ")",
          is_dropped ? Ink::bad : Ink::title}},
        {"verdict", {explanation.verdict}},
        {"slot",
         {std::to_string(explanation.position) + " of " + std::to_string(explanation.slots) + ", " +
          explanation.slot_state}},
        {"home", {explanation.home}},
        {"forward", {explanation.forward}},
        {"next hop", {explanation.next_hop.empty() ? "-" : explanation.next_hop}}};
    if (explanation.slot_state == "moving") {
        pairs.push_back({"leaves", {or_none(explanation.previous)}});
        pairs.push_back({"existing", {or_none(explanation.existing)}});
        pairs.push_back({"flow entry", {or_none(explanation.flow_entry)}});
    }
    for (std::size_t i = 0; i < explanation.why.size(); ++i)
        pairs.push_back({i == 0 ? "because" : "", {explanation.why[i]}});
    return list(pairs, style);
}

std::string describe(const ProbeView& probe, const Style& style) {
    const auto& result = probe.result;
    const auto ink = result.outcome == Outcome::pass   ? Ink::good
                     : result.outcome == Outcome::fail ? Ink::bad
                                                       : Ink::doubt;
    auto text = list({{"backend", {probe.id.text()}},
                      {"target", {probe.target}},
                      {"result", {lb::text(result.outcome), ink}},
                      {"reason", {lb::describe(result)}},
                      {"took", {milliseconds_text(result.duration)}}},
                     style);
    std::string line;
    for (const char c : probe.transcript + "\n") {  // line by line, so that paint() may clean it
        if (c != '\n') {
            line += c;
        } else if (!line.empty()) {
            text += "  " + paint(std::exchange(line, {}), Ink::faint, style) + "\n";
        }
    }
    return text;
}

}  // namespace lb::cli
