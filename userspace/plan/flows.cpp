// SPDX-License-Identifier: Apache-2.0
#include "plan/flows.hpp"

#include <algorithm>

namespace lb::plan {
namespace {

constexpr int kCrowdedPercent = 75;  // an ACK flood may be on: what was seen once goes first
constexpr Nanoseconds kSecond = 1'000'000'000;
constexpr Nanoseconds kLongestWindow = 3600 * kSecond;
constexpr std::chrono::milliseconds kDatagramIdle{30'000};

std::uint32_t longest_idle(lb_flow_kind kind, int fill_percent) {
    switch (kind) {
        case LB_FLOW_HALF_OPEN:
            return 10;
        case LB_FLOW_CLOSING:
            return 60;
        case LB_FLOW_DATAGRAM:
            return 30;
        case LB_FLOW_SEEN:
            return fill_percent > kCrowdedPercent ? 10 : 3600;
        default:
            return 3600;
    }
}

}  // namespace

FlowFate judge(const FlowSighting& entry) {
    if (!entry.intact || entry.birth != entry.current_birth) return FlowFate::removed;
    if (!is_moving(entry.slot) && !entry.tracks_always) return FlowFate::removed;
    if (entry.idle_seconds > longest_idle(entry.kind, entry.fill_percent)) return FlowFate::expired;
    if (entry.state != LB_BACKEND_OFF && entry.index != slot_backend(entry.slot))
        return FlowFate::foreign;
    // Its next packet goes where the slot says, remembered or not.  Once the slot settles the
    // entry must go: it would speak up again if slot and backend went on changing.
    return holds_back(entry.slot) || entry.tracks_always ? FlowFate::kept : FlowFate::removed;
}

bool MoveWindow::is_over(Nanoseconds now) const {
    const auto passed = now > since ? now - since : 0;
    if (passed < length) return false;
    const bool refuses = last_refusal > since && now - last_refusal < length;
    return !refuses || passed >= kLongestWindow;
}

Nanoseconds window_length(Protocol protocol, std::chrono::milliseconds configured) {
    const auto length =
        protocol == Protocol::udp ? std::min(configured, kDatagramIdle) : configured;
    return static_cast<Nanoseconds>(std::chrono::nanoseconds{length}.count());
}

}  // namespace lb::plan
