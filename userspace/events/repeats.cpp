// SPDX-License-Identifier: Apache-2.0
#include "events/repeats.hpp"

#include <utility>

#include "model/json_event.hpp"

namespace lb::events {
namespace {

constexpr std::size_t kDifferent = 16;  // who says more different things has each of them told

}  // namespace

bool Repeats::is_new(const Event& event) {
    auto its = event;
    its.seq = 0;
    its.at = {};
    auto words = json::print_line(its);
    if (const auto known = told_.find(words); known != told_.end()) {
        ++known->second.times;
        return false;
    }
    if (told_.size() < kDifferent) told_[std::move(words)] = {std::move(its), 0};
    return true;
}

std::vector<Event> Repeats::sum() {
    std::vector<Event> sum;
    std::erase_if(told_, [](const auto& its) { return its.second.times == 0; });
    for (auto& [words, its] : told_) {
        auto event = its.event;
        event.reason += " (the same " + std::to_string(std::exchange(its.times, 0)) +
                        " times more within a minute)";
        sum.push_back(std::move(event));
    }
    return sum;
}

}  // namespace lb::events
