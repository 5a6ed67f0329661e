// SPDX-License-Identifier: Apache-2.0
/// The state of lbd as the documents of the API.  Reads, never changes.
#pragma once

#include "daemon/forwarding.hpp"
#include "daemon/witness.hpp"
#include "model/memory.hpp"
#include "model/view.hpp"

namespace lb::daemon {

/// What a document is made from.
struct Sources {
    const Forwarding& forwarding;
    const dataplane::Dataplane& dataplane;
    const HealthView& health;
    const Memory& memory;
    const Witness& witness;
};

std::vector<VipView> vip_views(const Sources& from);
/// One that the forwarding knows.
BackendView backend_view(const Sources& from, const BackendId& id);
std::vector<PoolView> pool_views(const Sources& from);

/// "checker: BROKEN for 3 s: eth0 is down: no health state changes"; empty: it is OK.
std::string checker_problem(const CheckerView& checker);

/// The worst that its targets say.
BackendHealth worst_health(const Spec& spec, const HealthView& health, const BackendId& id);
/// Backends of which all targets are UP.
int count_up(const Spec& spec, const HealthView& health);

/// Pools that lost their health, backends that are down: one line each, worst first.
std::vector<std::string> health_problems(const Sources& from);

/// Adds to what the maps say the names that only we know.
Explanation explain_flow(const Sources& from, const std::string& vip, const Endpoint& source);

}  // namespace lb::daemon
