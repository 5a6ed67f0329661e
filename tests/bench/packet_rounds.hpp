// SPDX-License-Identifier: Apache-2.0
/// Every scenario in turn, round after round, so that what disturbs one disturbs all.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "bench/figures.hpp"
#include "bench/packet_scenarios.hpp"
#include "bench/rotation.hpp"

namespace lb::bench {

struct Rounds {
    std::uint32_t count = 15;
    std::uint32_t packets = 100'000;  ///< per sample
};

/// A scenario with so many clients.
struct Row {
    Clients clients;
    std::vector<double> samples{};  ///< harness included
};

/// A scenario, and what it cost in each round.
struct Group {
    explicit Group(Scenario scenario);

    /// Harness subtracted round by round; the minimum is the one least minus the other.
    Figure net(const Row& row) const;
    const Row* find(std::uint32_t clients) const;

    Scenario scenario;
    Rotation rotation;
    std::vector<Row> rows{};
    std::vector<double> harness{};
    std::string trouble{};  ///< why there are no samples
};

const Group* find(const std::deque<Group>& groups, std::string_view scenario);

/// `nothing`: the program that shows what the harness costs.
void measure(std::deque<Group>& groups, int nothing, const Rounds& rounds);

}  // namespace lb::bench
