// SPDX-License-Identifier: Apache-2.0
#include "config/validate.hpp"

#include <algorithm>

#include "config/encoding.hpp"
#include "config/suggest.hpp"

namespace lb::config {
namespace {

void vips_name_pools(const Spec& spec, Findings& found) {
    std::vector<std::string> known;
    for (const auto& [name, pool] : spec.pools)
        known.push_back(name);
    for (const auto& [name, vip] : spec.vips) {
        if (vip.pool.empty() || spec.pools.contains(vip.pool)) continue;
        const auto near = nearest(vip.pool, known);
        found.push_back(
            {"LB110", Severity::error, vip.where, "vip " + shown(name),
             "there is no pool " + shown(vip.pool),
             near.empty() ? "name a pool of this file" : "did you mean " + shown(near) + "?"});
    }
}

/// False while a vip could not be read that may be the one that decides.
bool can_judge_ports(const Spec& spec) {
    return std::all_of(spec.vips.begin(), spec.vips.end(), [&](const auto& vip) {
        return vip.second.where.line != 0 && spec.pools.contains(vip.second.pool);
    });
}

bool has_vip(const Spec& spec, const std::string& pool) {
    return std::any_of(spec.vips.begin(), spec.vips.end(),
                       [&](const auto& vip) { return vip.second.pool == pool; });
}

void checks_have_a_port(const Spec& spec, Findings& found) {
    if (!can_judge_ports(spec)) return;
    for (const auto& [name, pool] : spec.pools) {
        if (!pool.check || pool.check->where.line == 0 || check_port(spec, name) ||
            pool.check->type == CheckType::icmp || pool.check->is_none())  // which know no ports
            continue;
        found.push_back({"LB111", Severity::error, pool.check->where, "pool " + shown(name),
                         has_vip(spec, name)
                             ? "its vips have several ports, which one is checked is not said"
                             : "no vip says which port is checked",
                         "add port to its health_check"});
    }
}

}  // namespace

void check_references(const Spec& spec, Findings& found) {
    vips_name_pools(spec, found);
    checks_have_a_port(spec, found);
}

}  // namespace lb::config
