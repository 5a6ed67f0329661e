// SPDX-License-Identifier: Apache-2.0
/// Refusals: who is refused the same again and again, as a script that tries every second is, has
/// one line a minute and their number.  A line for each would push what matters out of the log in a
/// day.
#include "base/log.hpp"
#include "daemon/daemon.hpp"

namespace lb::daemon {

void Daemon::note_refusal(Event refusal, const std::string& in_log) {
    refusal.generation = generation_;
    if (refusals_.empty()) sum_up_refusals_later();
    if (!refusals_.is_new(refusal)) return;
    log::warning(in_log, entry("config.refuse"));
    note(std::move(refusal));
}

void Daemon::sum_up_refusals_later() {
    constexpr std::chrono::seconds kMinute{60};
    refusal_timer_.in(kMinute, [this] {
        sum_up_refusals();
        if (!refusals_.empty()) sum_up_refusals_later();
    });
}

/// A minute is over; or lbd ends.
void Daemon::sum_up_refusals() {
    for (auto& event : refusals_.sum()) {
        log::warning("apply refused: " + event.reason, entry("config.refuse"));
        note(std::move(event));
    }
}

}  // namespace lb::daemon
