// SPDX-License-Identifier: Apache-2.0
#include "dataplane/egresses.hpp"

#include <algorithm>
#include <cstring>

namespace lb::dataplane {

Egresses::Egresses(Array<lb_egress>& entries, const Array<lb_backend>& backends, Grace& grace)
    : entries_{entries}, grace_{grace} {
    for (std::uint32_t i = 0; i < backends.size(); ++i)
        if (const auto egress = egress_of(backends[i].nexthop); egress < LB_MAX_EGRESSES)
            hold(egress);
    for (std::uint16_t i = 1; i < LB_MAX_EGRESSES; ++i) {
        if (uses_[i] == 0) entries_[i] = {};
        intended_[i] = entries_[i];
    }
}

std::optional<std::uint16_t> Egresses::place(const lb_egress& content) {
    std::optional<std::uint16_t> free;
    for (std::uint16_t i = 1; i < LB_MAX_EGRESSES; ++i) {
        if (std::memcmp(&intended_[i], &content, sizeof(content)) == 0) return i;
        if (!free && intended_[i].ifindex == 0) free = i;
    }
    if (free) entries_[*free] = intended_[*free] = content;
    return free;
}

bool Egresses::holds(std::uint16_t index) const {
    return index < LB_MAX_EGRESSES &&
           std::memcmp(&entries_[index], &intended_[index], sizeof(lb_egress)) == 0;
}

void Egresses::restore(std::uint16_t index) {
    if (!holds(index) && index < LB_MAX_EGRESSES) entries_[index] = intended_[index];
}

void Egresses::release(std::uint16_t index) {
    if (index == 0 || index >= LB_MAX_EGRESSES || --uses_[index] > 0) return;
    retired_.push_back(index);
    if (!collecting_) collect();
}

void Egresses::collect() {
    collecting_ = true;
    grace_.after([this, old = std::exchange(retired_, {})] {
        collecting_ = false;
        for (const auto index : old) {
            // Retired again since, or in use again: not now.
            const bool again = std::find(retired_.begin(), retired_.end(), index) != retired_.end();
            if (uses_[index] == 0 && !again) entries_[index] = intended_[index] = {};
        }
        if (!retired_.empty()) collect();
    });
}

}  // namespace lb::dataplane
