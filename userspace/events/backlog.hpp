// SPDX-License-Identifier: Apache-2.0
/// Backlog: events that wait for somebody slow, the oldest first; what is too many is missed. Pure.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "model/event.hpp"

namespace lb::events {

class Backlog {
public:
    /// `most`: so many wait.
    explicit Backlog(std::size_t most) : most_{most} {}

    struct Next {
        Event event;
        std::uint64_t missed = 0;  ///< since the one before it was taken
    };
    /// Full: it is missed, and those that came before it stay.
    void add(const Event& event);
    std::optional<Next> take();
    void forget();
    /// All that were ever missed.
    std::uint64_t missed() const { return missed_; }

private:
    std::size_t most_;
    std::deque<Event> waiting_;
    std::uint64_t missed_ = 0, told_ = 0;
};

}  // namespace lb::events
