// SPDX-License-Identifier: Apache-2.0
#include "cli/news.hpp"

#include <algorithm>

namespace lb::cli {
namespace {

constexpr std::chrono::seconds kMargin{2};

}  // namespace

std::chrono::seconds News::window(WallTime now) const {
    const auto since = std::chrono::ceil<std::chrono::seconds>(now - newest_);
    return std::max(since, std::chrono::seconds{0}) + kMargin;
}

std::vector<Event> News::of(const std::vector<Event>& answer) {
    std::vector<Event> fresh;
    if (!answer.empty() && answer.back().seq < seq_) seq_ = 0;
    for (const auto& event : answer)
        if (event.seq > seq_ && (seq_ > 0 || event.at >= newest_)) fresh.push_back(event);
    if (!fresh.empty()) {
        seq_ = fresh.back().seq;
        newest_ = fresh.back().at;
    }
    return fresh;
}

}  // namespace lb::cli
