// SPDX-License-Identifier: Apache-2.0
/// follow: stays with a generation while lbd watches it, and says how it ends.
///
/// It only looks: lbd owns the clock, and goes on when nobody looks any more.
#pragma once

#include "cli/verb.hpp"

namespace lb::cli {

/// Until `change` is confirmed, waits for `lbctl confirm`, or is undone, which is a Failure.  Its
/// `state` says which.  How far it is stands on standard error, where that is a terminal.  Who
/// interrupts it is told what goes on, which is a Failure, too.
Outcome<Exit> follow(const Session& session, ChangeView& change);

}  // namespace lb::cli
