// SPDX-License-Identifier: Apache-2.0
/// Whose packets, to which program, with what in its maps: one scenario per row of the table.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "base/fd.hpp"
#include "bench/floor.hpp"
#include "support/datapath.hpp"

namespace lb::bench {

/// Scenarios that figures are promised of.
inline constexpr const char* kMinimal = "minimal balancer";
inline constexpr const char* kStable = "stable";
inline constexpr const char* kNotOurs = "not our vip";
inline constexpr const char* kAlways = "tracking: always";
inline constexpr const char* kFlood = "SYN flood";
inline constexpr const char* kAlwaysFlood = "SYN flood, tracking: always";

struct Scenario {
    std::string name;
    int program;
    test::Packet packet;
    std::vector<std::uint32_t> clients;
    test::Datapath* lb = nullptr;  ///< whose counters tell; nullptr: nobody counts
    lb_verdict verdict = LB_FORWARD;

    std::uint64_t counted() const { return lb ? lb->counted(verdict) : 0; }
    std::uint64_t expected(std::uint32_t packets) const { return lb ? packets : 0; }
};

/// The programs that scenarios run, loaded, their maps filled.
class Programs {
public:
    /// `flood`: connections that a program which tracks all of them must have room for.
    explicit Programs(std::uint32_t flood);

    /// What the harness itself costs: a program that returns at once.
    int nothing() const { return floor_.drop(); }
    /// All of them, and these pinned programs, which balance this vip.
    std::vector<Scenario> scenarios(const std::vector<std::string>& pinned,
                                    const std::string& pinned_vip);

private:
    test::Datapath& balancer(lb_forward_mode forward, std::uint32_t flows = LB_DEFAULT_FLOWS);
    test::Datapath& moving();
    test::Datapath& always(std::uint32_t flows);

    std::uint32_t flood_;
    Floor floor_;
    std::deque<test::Datapath> datapaths_;
    std::deque<Fd> pinned_;
};

}  // namespace lb::bench
