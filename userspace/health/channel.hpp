// SPDX-License-Identifier: Apache-2.0
/// Channel: one end of a SOCK_SEQPACKET pair, messages both ways, on the loop.
///
/// Both lbd and lbd-check use it.  What is said in one turn of the loop goes out after it, in one
/// packet: many checks start and end together, and the other end is woken once for all of them.
/// What the socket does not take waits in memory; that is bounded because lbd has one attempt per
/// check in flight.  A Channel that is destroyed never calls again, also when one of its own
/// callbacks destroyed it.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "base/fd.hpp"
#include "base/loop.hpp"

namespace lb::health {

class Channel {
public:
    /// A message, and the descriptor that came with it, or an empty one.  A packet that is too long
    /// or not made of messages counts as closed.
    using OnMessage = std::function<void(std::string_view, Fd)>;
    /// `closed`: once, when the other end is gone.
    Channel(Loop& loop, Fd socket, OnMessage message, Callback closed);
    ~Channel();
    Channel(const Channel&) = delete;

    /// At most kLargestMessage bytes, perhaps with a descriptor.  What finds the other end gone is
    /// dropped; `closed` tells.
    void send(std::string_view message, Fd descriptor = {});

private:
    struct Inside;
    std::shared_ptr<Inside> inside_;  // shared with what is under way only
};

}  // namespace lb::health
