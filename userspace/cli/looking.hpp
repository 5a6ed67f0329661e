// SPDX-License-Identifier: Apache-2.0
/// looking: the facts that the diagnosis asks for, found out from here.  They take a second or two;
/// what they change: nothing, but that checks are made and backends are pinged.
#pragma once

#include <string>
#include <vector>

#include "cli/verb.hpp"
#include "model/diagnosis.hpp"

namespace lb::cli {

/// What was found, and what could not be.
struct Looked {
    ForwardingFacts facts;
    std::vector<std::string> unknown;
};

/// lbd and the backends of its pools: those of `named`, or all, as far as they are few.
Outcome<Looked> look_at_forwarding(const Session& session, const Spec& spec, const HostFacts& host,
                                   const std::vector<BackendId>& named);

/// What makes this host a backend.
struct BackendWish {
    bool is_wanted = false;  ///< --as-backend
    std::string interface;   ///< empty: that of the default route
    std::vector<std::string> vips, balancers;
    std::string forward = "ipip";
    std::string decap_pins;  ///< of lbd-decap
};
Outcome<BackendFacts> look_at_backend(const BackendWish& wish);

}  // namespace lb::cli
