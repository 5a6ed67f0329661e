// SPDX-License-Identifier: Apache-2.0
/// Waiting: until what a person said about a backend has had its effect.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "cli/verb.hpp"

namespace lb::cli {

/// How a wait ends, in words for people.
struct Ended {
    Exit exit = Exit::ok;
    std::string words;
};

/// Looks again and again; nothing: not yet.
using Watch = std::function<std::optional<Ended>(const Status& status, const BackendView& its)>;

Watch until_drained();   ///< no packets any more, or none for a while
Watch until_eligible();  ///< ready, healthy, and new flows go there
Watch until_out();       ///< no packet may go there
Watch until_at_rest();   ///< no slot of its pool's vips moves any more

/// `what`: shown meanwhile, "drains".  Who interrupts it is told that it does so all the same.
Outcome<Exit> wait_for(const Session& session, const BackendId& id, const std::string& what,
                       const Watch& watch);

}  // namespace lb::cli
