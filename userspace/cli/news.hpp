// SPDX-License-Identifier: Apache-2.0
/// News: what is new in the event log, from asking again and again for its end.  Pure.
#pragma once

#include <vector>

#include "model/event.hpp"

namespace lb::cli {

class News {
public:
    /// Events not older than `since` are news.
    explicit News(WallTime since) : newest_{since} {}

    /// How far back to ask, so that nothing is missed: an event may be written a moment late.
    std::chrono::seconds window(WallTime now) const;
    /// Those of an answer that nobody has seen yet, in their order.  A log that was begun anew,
    /// with smaller numbers, is news as well.
    std::vector<Event> of(const std::vector<Event>& answer);

private:
    WallTime newest_;
    std::uint64_t seq_ = 0;
};

}  // namespace lb::cli
