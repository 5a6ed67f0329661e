// SPDX-License-Identifier: Apache-2.0
/// Interruption: SIGINT and SIGTERM to a verb that waits for lbd.
///
/// From its making on neither ends the process by itself, so that whoever waits ends by returning:
/// with its line of progress cleared, and a word about what goes on without it.  That holds for the
/// rest of the process: nothing follows that is worth a signal.
#pragma once

#include <string>

#include "base/fd.hpp"
#include "cli/verb.hpp"

namespace lb::cli {

class Interruption {
public:
    Interruption();

    /// The session whose requests it ends.
    Session ends(Session session) const;

private:
    Fd signals_;  ///< readable for good once one has come
};

/// Lets `time` pass; true, and at once: somebody has ended this.
bool interrupted(const Session& session, milliseconds time = {});

/// What goes on all the same, and how to see it.
tl::unexpected<Failure> cut_short(const std::string& what);

}  // namespace lb::cli
