// SPDX-License-Identifier: Apache-2.0
/// program: somebody else's program, run as who we are, but for our capabilities and descriptors.
///
/// It reads what it is given from standard input; what it says goes to our standard error.  It has
/// a session of its own, and dies with this thread.
#pragma once

#include <string>
#include <vector>

#include <sys/types.h>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace lb::events {

struct Program {
    Fd process;   ///< pidfd: readable when it has ended
    Fd failures;  ///< says why there was no exec
    pid_t pid = 0;
};

/// Does not wait for exec, which may have a slow disk to read from.  `environment`: "NAME=value".
Result<Program> start(const std::string& path, const std::string& input,
                      std::vector<std::string> environment);

/// With all that it has started.
void stop(const Program& program);

/// Of one that has ended, with what is left of its session: why it did not end well; empty: it did.
std::string end(const Program& program);

}  // namespace lb::events
