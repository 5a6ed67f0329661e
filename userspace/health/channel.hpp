// SPDX-License-Identifier: Apache-2.0
/// Channel: one end of a SOCK_SEQPACKET pair, packets both ways, on the loop.
///
/// Both lbd and lbd-check use it.  What the socket does not take at once waits in memory; that is
/// bounded because lbd has one attempt per check in flight.  A Channel that is destroyed never
/// calls again, also when one of its own callbacks destroyed it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/fd.hpp"
#include "base/loop.hpp"

namespace lb::health {

class Channel {
public:
    /// A packet of at most kLargestPacket bytes, a longer one counts as closed; and the descriptor
    /// that came with it, or an empty one.
    using OnPacket = std::function<void(std::string_view, Fd)>;
    /// `closed`: once, when the other end is gone.
    Channel(Loop& loop, Fd socket, OnPacket packet, Callback closed);
    ~Channel();
    Channel(const Channel&) = delete;

    /// A packet, perhaps with a descriptor.  One that finds the other end gone is dropped; `closed`
    /// tells.
    void send(std::string packet, Fd descriptor = {});

private:
    struct Inside;
    std::shared_ptr<Inside> inside_;  // shared with the pending handlers only
};

}  // namespace lb::health
