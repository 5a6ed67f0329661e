// SPDX-License-Identifier: Apache-2.0
/// Refusals: who is refused the same again and again, as a script that tries every second is, has
/// one line a minute and their number.  A line for each would push what matters out of the log in a
/// day.
#pragma once

#include <functional>
#include <string>

#include "base/loop.hpp"
#include "events/repeats.hpp"

namespace lb::events {

class Refusals {
public:
    /// An event, and what the journal says of it.
    using Tell = std::function<void(Event refusal, const std::string& in_words)>;

    Refusals(Loop& loop, Tell tell) : tell_{std::move(tell)}, minute_{loop} {}

    /// Tells at once, or within a minute.
    void note(Event refusal, const std::string& in_words);
    /// A minute is over; or lbd ends.
    void sum_up();

private:
    void sum_up_later();

    Tell tell_;
    Repeats told_;  ///< of the last minute
    Timer minute_;
};

}  // namespace lb::events
