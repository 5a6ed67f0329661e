// SPDX-License-Identifier: Apache-2.0
/// Pulse: the counters of vips once a second, and those of the last minute.
#pragma once

#include <deque>
#include <functional>

#include "base/loop.hpp"
#include "change/verification.hpp"
#include "daemon/forwarding.hpp"
#include "daemon/witness.hpp"

namespace lb::daemon {

class Pulse {
public:
    using OnBeat = std::function<void(const change::Traffic&)>;

    Pulse(Loop& loop, const Forwarding& forwarding, const dataplane::Dataplane& dataplane,
          const Witness& witness, OnBeat on_beat);

    /// Oldest first; the last is a second old at most.
    const std::deque<change::Traffic>& minute() const { return minute_; }
    /// Takes one more now.
    void beat();

private:
    void look();

    const Forwarding& forwarding_;
    const dataplane::Dataplane& dataplane_;
    const Witness& witness_;
    OnBeat on_beat_;
    Timer timer_;
    std::deque<change::Traffic> minute_;
};

}  // namespace lb::daemon
