// SPDX-License-Identifier: Apache-2.0
/// Repeats: events that say the same, of which the first is told at once and the others are
/// counted. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "model/event.hpp"

namespace lb::events {

class Repeats {
public:
    /// Whether it is to be told: nothing that says the same was, since the last but one sum.  Its
    /// number and its time do not count.
    bool is_new(const Event& event);
    /// For the time since the last one: those that came again, with how many times in their reason.
    std::vector<Event> sum();
    /// Nothing is to be summed up.
    bool empty() const { return told_.empty(); }

private:
    struct Told {
        Event event;
        std::uint64_t times = 0;  ///< more, since it was told
    };
    std::map<std::string, Told> told_;  ///< by what they say
};

}  // namespace lb::events
