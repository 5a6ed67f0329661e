// SPDX-License-Identifier: Apache-2.0
/// fleet: what several hosts must agree about, or a flow that moves from one to the other (ECMP,
/// failover) gets another backend there.  Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "checklist/rules.hpp"

namespace lb::checklist {

struct Member {
    std::string filename;
    const Spec& spec;
};

struct FleetRule {
    std::string_view id;
    Severity severity;
    std::string_view title;
    /// `before`: those that were looked at already.
    void (*apply)(std::span<const Member> before, const Member& member, Report&);
};

std::span<const FleetRule> fleet_rules();

/// What the rules find in each file, compared with those before it; in their order.
std::vector<Findings> compare(const std::vector<Member>& fleet);

void hosts_agree(std::span<const Member> before, const Member& member, Report& report);

}  // namespace lb::checklist
