// SPDX-License-Identifier: Apache-2.0
/// Activity: how busy vips and backends are, from two looks at their counters.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/view.hpp"

namespace lb {

/// A second; nothing: not known yet.
struct Rate {
    std::optional<double> packets{};
    std::optional<double> bytes{};
};

/// Handshakes of clients in the last two minutes.
struct Greetings {
    std::uint64_t samples = 0;
    double ratio = 0;                      ///< completed, 0..1
    std::chrono::microseconds latency{0};  ///< mean of the completed
};

struct VipActivity {
    VipView vip;
    Rate rate{};
    int eligible = 0;       ///< backends of its pool that get new flows
    Greetings greetings{};  ///< of its pool
};

struct BackendActivity {
    BackendView backend;
    Rate rate{};
};

struct ActivityView {
    WallTime at{};
    std::uint64_t generation = 0;
    std::vector<std::string> problems;  ///< most urgent first
    std::vector<VipActivity> vips;
    std::vector<BackendActivity> backends;
};

namespace json {
/// One line, with its end (docs/api.md, Activity).
std::string print_line(const ActivityView& activity);
}  // namespace json

}  // namespace lb
