// SPDX-License-Identifier: Apache-2.0
#include "bench/packet_rounds.hpp"

#include <algorithm>
#include <stdexcept>

namespace lb::bench {
namespace {

/// Throws if not every packet met the verdict that the scenario is about.
double sample(Group& group, Clients& clients, std::uint32_t packets) {
    const auto& scenario = group.scenario;
    const auto before = scenario.counted();
    const double cost = group.rotation.cost(scenario.program, clients, packets);
    if (scenario.counted() - before != scenario.expected(packets))
        throw std::runtime_error("not every packet met its verdict");
    return cost;
}

/// Whoever remembers clients knows them all afterwards.
void warm_up(Group& group, std::uint32_t packets) try {
    for (auto& row : group.rows)
        sample(group, row.clients,
               row.clients.count == kNeverAgain ? packets : std::max(row.clients.count, packets));
} catch (const std::exception& error) {
    group.trouble = error.what();
}

}  // namespace

Group::Group(Scenario which) : scenario{std::move(which)}, rotation{scenario.packet} {
    for (const auto clients : scenario.clients)
        rows.push_back({.clients = {clients}});
}

Figure Group::net(const Row& row) const {
    auto result = figure(without(row.samples, harness));
    result.minimum = std::ranges::min(row.samples) - std::ranges::min(harness);
    return result;
}

const Row* Group::find(std::uint32_t clients) const {
    const auto found =
        std::ranges::find(rows, clients, [](auto& row) { return row.clients.count; });
    return found == rows.end() ? nullptr : &*found;
}

const Group* find(const std::deque<Group>& groups, std::string_view scenario) {
    const auto found =
        std::ranges::find(groups, scenario, [](auto& group) { return group.scenario.name; });
    return found == groups.end() ? nullptr : &*found;
}

void measure(std::deque<Group>& groups, int nothing, const Rounds& rounds) {
    for (auto& group : groups)
        warm_up(group, rounds.packets);
    for (std::uint32_t round = 0; round < rounds.count; ++round)
        for (auto& group : groups) {
            if (!group.trouble.empty()) continue;
            Clients one{1};
            group.harness.push_back(group.rotation.cost(nothing, one, rounds.packets));
            for (auto& row : group.rows)
                row.samples.push_back(sample(group, row.clients, rounds.packets));
        }
}

}  // namespace lb::bench
