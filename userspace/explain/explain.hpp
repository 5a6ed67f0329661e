// SPDX-License-Identifier: Apache-2.0
/// Explain: maps + a flow -> where its packets go, and why.
///
/// The packet program itself decides: it is run, natively, on a frame of the flow, and asked what
/// it looked at.  Nothing here repeats what it does.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "explain/world.hpp"
#include "model/view.hpp"

namespace lb::explain {

/// What the maps do not say.
struct Surroundings {
    std::function<std::string(std::uint32_t index)> backend_name;
    std::function<std::string(std::uint32_t index)> next_hop;
    std::function<bool(unsigned ifindex)> is_balanced;  ///< carries the program
};

/// `vip` and `home` are the caller's to add, then the reasons, who knows where they come from.  A
/// frame is taken to arrive where it will leave, if that interface is balanced: otherwise it would
/// count as redirected.
Explanation explain(const World& maps, const Surroundings& around, const Endpoint& source,
                    const VipKey& vip);

/// The sentences: from a complete explanation, `home` included.
void add_reasons(Explanation& explanation);

}  // namespace lb::explain
