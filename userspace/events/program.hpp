// SPDX-License-Identifier: Apache-2.0
/// program: somebody else's program, run as who we are, but for our capabilities and descriptors.
///
/// It reads what it is given from standard input; what it says goes to our standard error.  It has
/// a session of its own, and dies with this thread.
#pragma once

#include <string>
#include <vector>

#include "base/fork.hpp"
#include "base/result.hpp"

namespace lb::events {

/// Does not wait for exec, which may have a slow disk to read from.  `environment`: "NAME=value".
Result<Forked> start(const std::string& path, const std::string& input,
                     std::vector<std::string> environment);

/// With all that it has started.
void stop(const Forked& program);

/// Of one that has ended, with what is left of its session: why it did not end well; empty: it did.
std::string end(const Forked& program);

}  // namespace lb::events
