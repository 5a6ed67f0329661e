// SPDX-License-Identifier: Apache-2.0
#include "events/backlog.hpp"

#include <utility>

namespace lb::events {

void Backlog::add(const Event& event) {
    if (waiting_.size() < most_)
        waiting_.push_back(event);
    else
        ++missed_;
}

std::optional<Backlog::Next> Backlog::take() {
    if (waiting_.empty()) return {};
    Next next{std::move(waiting_.front()), missed_ - std::exchange(told_, missed_)};
    waiting_.pop_front();
    return next;
}

void Backlog::forget() {
    waiting_.clear();
    told_ = missed_;
}

}  // namespace lb::events
