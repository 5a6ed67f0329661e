// SPDX-License-Identifier: Apache-2.0
#include "health/correlation.hpp"

#include "base/duration.hpp"

namespace lb::health {

Correlation::Member& Correlation::watch(const Target& target, bool passes) {
    return *watched_.try_emplace(target, Watched{!passes, {}}).first;
}

void Correlation::forget(const Target& target) {
    const auto found = watched_.find(target);
    if (found == watched_.end()) return;
    drop(target, found->second);
    watched_.erase(found);
}

bool Correlation::record(Member& member, bool passed, Time now) {
    auto& [target, backend] = member;
    const bool begins = !passed && !backend.fails;
    backend.fails = !passed;
    if (passed) drop(target, backend);
    if (!begins) return false;
    backend.began = now;
    starts_.push_back({now, target});
    ++pools_[target.front.pool];
    ++count_;
    return true;
}

std::string Correlation::suspicion(Time now) {
    forget_before(now - window_);
    if (pools_.size() < 2 || 2 * count_ < watched_.size()) return {};
    return std::to_string(count_) + " of " + std::to_string(watched_.size()) + " targets in " +
           std::to_string(pools_.size()) + " pools began to fail within " + print_duration(window_);
}

void Correlation::clear() {
    forget_before(Time::max());
}

/// Its start does not count any more.
void Correlation::drop(const Target& target, Watched& backend) {
    if (!backend.began) return;
    backend.began.reset();
    --count_;
    if (--pools_[target.front.pool] == 0) pools_.erase(target.front.pool);
}

void Correlation::forget_before(Time then) {
    for (; !starts_.empty() && starts_.front().at < then; starts_.pop_front()) {
        const auto& [at, target] = starts_.front();
        const auto found = watched_.find(target);
        if (found != watched_.end() && found->second.began == at) drop(target, found->second);
    }
}

}  // namespace lb::health
