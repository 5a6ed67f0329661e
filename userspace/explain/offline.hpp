// SPDX-License-Identifier: Apache-2.0
/// Offline: the same answer from tables that no kernel holds, for `lbctl explain --offline`.
#pragma once

#include "base/siphash.hpp"
#include "model/spec.hpp"
#include "model/tables.hpp"
#include "model/view.hpp"

namespace lb::explain {

/// Why a flow would go where it goes.  All next hops are taken to be resolved, and to leave through
/// an interface that is not balanced.  What only the host knows stays empty: the next hop, and the
/// outer source where `node` names none.
Explanation explain_offline(const Tables& tables, const Node& node, const Seed& seed,
                            const Endpoint& source, const VipEntry& vip);

}  // namespace lb::explain
