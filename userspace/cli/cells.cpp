// SPDX-License-Identifier: Apache-2.0
#include "cli/cells.hpp"

#include <algorithm>

#include "cli/words.hpp"

namespace lb::cli {
namespace {

/// " until 10:00", or nothing.
std::string until(WallTime end) {
    return end == WallTime{} ? std::string{} : " until " + full_time(end);
}

}  // namespace

Ink ink_of(HealthState state) {
    if (state == HealthState::checking || state == HealthState::stale ||
        state == HealthState::unchecked)
        return Ink::doubt;
    return state == HealthState::up ? Ink::good : Ink::bad;
}

Ink ink_of(AdminState state) {
    return state == AdminState::ready ? Ink::none : Ink::doubt;
}

Ink ink_of_mode(const std::string& mode) {
    return mode == "normal" ? Ink::none : Ink::bad;
}

Ink ink_of(lb::Outcome outcome) {
    if (outcome == lb::Outcome::pass) return Ink::good;
    return outcome == lb::Outcome::fail ? Ink::bad : Ink::doubt;
}

std::string or_none(const std::string& text) {
    return text.empty() ? "none" : text;
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

int eligible_in(const PoolView& pool) {
    return static_cast<int>(std::ranges::count_if(pool.backends, &BackendView::eligible));
}

Count count_of(const PoolView& pool) {
    Count all;
    for (const auto& backend : pool.backends) {
        all.packets += backend.count.packets;
        all.bytes += backend.count.bytes;
    }
    return all;
}

std::string weight_of(const BackendView& backend) {
    const auto number = std::to_string(backend.weight);
    return backend.weight_reason.empty()
               ? number
               : number + until(backend.weight_until) + ": " + backend.weight_reason;
}

std::string why(const BackendView& backend) {
    auto words = backend.health.why;
    if (!backend.state_reason.empty())
        words += std::string{"; "} + text(backend.state) + until(backend.state_until) + ": " +
                 backend.state_reason;
    if (!backend.weight_reason.empty()) words += "; weight " + weight_of(backend);
    return words;
}

Cell handshakes_cell(const Testimony& witness) {
    if (witness.samples == 0) return {"-", Ink::faint};
    const auto ink = witness.verdict == WitnessVerdict::suspicious ? Ink::bad
                     : witness.verdict == WitnessVerdict::too_few  ? Ink::faint
                                                                   : Ink::none;
    return {percent(witness.ratio, witness.error), ink};
}

Cell latency_cell(const Testimony& witness) {
    if (witness.completed == 0) return {"-", Ink::faint};
    return {milliseconds_text(witness.latency)};
}

Cell result_cell(const BackendHealth& health) {
    if (!health.last) return {"-", Ink::faint};
    return {describe(*health.last), ink_of(health.last->outcome)};
}

Cell took_cell(const BackendHealth& health) {
    if (!health.last) return {"-", Ink::faint};
    return {milliseconds_text(health.last->duration)};
}

std::string each_target(const BackendView& backend) {
    std::vector<std::string> words;
    for (const auto& target : backend.targets)
        words.push_back((target.via ? target.via->text() : "itself") + " " +
                        text(target.health.state));
    return joined(words, ", ");
}

}  // namespace lb::cli
