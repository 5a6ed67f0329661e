// SPDX-License-Identifier: Apache-2.0
#include "model/durations.hpp"

#include <algorithm>
#include <numeric>

namespace lb {

void Durations::add(std::chrono::nanoseconds length) {
    length = std::max(length, std::chrono::nanoseconds{0});
    const auto bound = std::lower_bound(kBounds.begin(), kBounds.end(), length);
    ++counts[static_cast<std::size_t>(bound - kBounds.begin())];
    sum += length;
}

std::uint64_t Durations::count() const {
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

}  // namespace lb
