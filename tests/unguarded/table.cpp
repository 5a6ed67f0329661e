// SPDX-License-Identifier: Apache-2.0
/// userspace/checklist/table.cpp without the rules whose rail is off (rails.hpp).  For drills and
/// tests; what is linked with it is never installed.
#include <algorithm>
#include <array>
#include <vector>

#include "checklist/change.hpp"
#include "checklist/fleet.hpp"
#include "checklist/host.hpp"
#include "checklist/registry.hpp"
#include "unguarded/rails.hpp"

// The table itself, under other names: there is one list of rules, and this is not another.
#define rules every_rule
#define change_rules every_change_rule
#define host_rules every_host_rule
#define fleet_rules every_fleet_rule
#include "userspace/checklist/table.cpp"
#undef rules
#undef change_rules
#undef host_rules
#undef fleet_rules

namespace lb::checklist {

std::span<const Rule> rules() {
    if (unguarded::is_off("rules")) return {};
    return every_rule();
}

std::span<const ChangeRule> change_rules() {
    static const auto kept = [] {
        std::vector<ChangeRule> on;
        for (const auto& rule : every_change_rule()) {
            const bool is_tried = rule.id == "LB704" || rule.id == "LB705";
            if (!unguarded::is_off(is_tried ? "preflight" : "plan")) on.push_back(rule);
        }
        return on;
    }();
    return kept;
}

std::span<const HostRule> host_rules() {
    if (unguarded::is_off("host")) return {};
    return every_host_rule();
}

std::span<const FleetRule> fleet_rules() {
    if (unguarded::is_off("fleet")) return {};
    return every_fleet_rule();
}

}  // namespace lb::checklist
