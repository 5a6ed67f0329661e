// SPDX-License-Identifier: Apache-2.0
/// How long flow entries live, and how long the slots of a vip move.  Pure.
///
/// An entry is needed as long as its flow may send again, its slot moves, and its backend is the
/// one it remembers.  Idle times: reliability.md 1.5; RFC 5382 asks for more than two hours for
/// established connections, but here the end of an entry breaks nothing while the slot names the
/// same backend.
#pragma once

#include "model/flows.hpp"

namespace lb::plan {

FlowFate judge(const FlowSighting& entry);

/// When a vip's moving slots have waited long enough for the flows of before.
struct MoveWindow {
    Nanoseconds length = 0;
    Nanoseconds since = 0;         ///< VipEntry::moving_since
    Nanoseconds last_refusal = 0;  ///< a flow could not be remembered; 0: never

    bool is_over(Nanoseconds now) const;
};

/// The window of a vip: datagrams of a flow follow each other sooner than segments do.
Nanoseconds window_length(Protocol protocol, std::chrono::milliseconds configured);

}  // namespace lb::plan
