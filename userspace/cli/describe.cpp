// SPDX-License-Identifier: Apache-2.0
/// One object: a key and its value per line.
#include <array>
#include <utility>

#include "cli/cells.hpp"
#include "cli/views.hpp"
#include "cli/words.hpp"

namespace lb::cli {
namespace {

using Pairs = std::vector<std::pair<std::string, Cell>>;

std::string list(const Pairs& pairs, const Style& style) {
    Table table{{{"", false}, {"", false}}, {}};
    for (const auto& [key, cell] : pairs)
        table.rows.push_back({{key, Ink::faint}, cell});
    return print(table, {style.colour, false});
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

std::string trimmed(const std::string& text) {
    return text.substr(text.find_first_not_of(' '));
}

/// "pass, ok, 0.4 ms, 2s ago"
std::string told(const PastResult& past, WallTime now) {
    return std::string{text(past.result.outcome)} + ", " + lb::describe(past.result) + ", " +
           milliseconds_text(past.result.duration) + ", " + age(past.at, now) + " ago";
}

void add_detail(const TargetDetail& detail, WallTime now, Pairs& pairs) {
    bool is_first = true;
    for (const auto& term : detail.terms)
        pairs.push_back({std::exchange(is_first, false) ? "because" : "",
                         {term.name + ": " + term.value, term.holds ? Ink::good : Ink::bad}});
    pairs.push_back({"next check",
                     {detail.next_check ? "in " + milliseconds_text(*detail.next_check)
                                        : "none is due: one is under way, or there is no check"}});
    is_first = true;
    for (const auto& past : detail.recent)
        pairs.push_back({std::exchange(is_first, false) ? "checks" : "",
                         {told(past, now), ink_of(past.result.outcome)}});
}

/// What its checks say at one address, and what follows.
std::string describe(const TargetView& target, WallTime now, const Style& style) {
    const auto& health = target.health;
    Pairs pairs{
        {"at", {target.via ? "vip " + target.via->text() : "its own address, for all vips"}},
        {"health", {text(health.state), ink_of(health.state)}},
        {"since", {full_time(health.since)}},
        {"why", {health.why}},
        {"eligible", {target.eligible ? "yes" : "no"}},
        {"share", {trimmed(percent(target.share))}}};
    if (target.detail) add_detail(*target.detail, now, pairs);
    return list(pairs, style);
}

}  // namespace

std::string describe(const VipView& vip, const Style& style) {
    return list({{"vip", {vip.name}},
                 {"address", {address_of(vip)}},
                 {"pool", {vip.pool}},
                 {"config", {vip.config_hash}},
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

std::string describe(const BackendView& backend, WallTime now, const Style& style) {
    Pairs pairs{{"backend", {backend.id.text()}},
                {"address", {backend.address.text()}},
                {"state", {text(backend.state), ink_of(backend.state)}},
                {"reason", {backend.state_reason.empty() ? "-" : backend.state_reason}},
                {"until", {full_time(backend.state_until)}},
                {"flows", {text(backend.flows)}},
                {"weight", {weight_of(backend)}},
                {"next hop", {backend.next_hop}},
                {"handshakes", handshakes_of(backend.witness)},
                {"packets", {std::to_string(backend.count.packets)}},
                {"bytes", {std::to_string(backend.count.bytes)}}};
    auto text = list(pairs, style);
    for (const auto& target : backend.targets)
        text += "\n" + describe(target, now, style);
    return text;
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
    auto text = list({{"backend", {Target{{probe.id.pool, probe.via}, probe.id.backend}.text()}},
                      {"target", {probe.target}},
                      {"result", {lb::text(result.outcome), ink_of(result.outcome)}},
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

std::string describe(const std::vector<ProbeView>& probes, const Style& style) {
    std::string text;
    for (const auto& probe : probes)
        text += (text.empty() ? "" : "\n") + describe(probe, style);
    return text;
}

}  // namespace lb::cli
