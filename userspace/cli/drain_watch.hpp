// SPDX-License-Identifier: Apache-2.0
/// DrainWatch: whether a backend that drains is done, from looking at it again and again.
///
/// Pure: what lbd says and the time come in.
#pragma once

#include <optional>
#include <string>

#include "base/loop.hpp"
#include "model/view.hpp"

namespace lb::cli {

class DrainWatch {
public:
    enum class State {
        waiting,
        quiet,      ///< it got no packet for kQuiet
        over,       ///< it gets none any more: drain_timeout is over
        off,        ///< it gets none any more: its health says so
        undrained,  ///< somebody said otherwise meanwhile
    };
    static constexpr std::chrono::seconds kQuiet{10};

    State look(const BackendView& backend, Time now);

private:
    std::optional<std::uint64_t> packets_;
    Time quiet_since_{};
};

/// "web/b1: no packet for 10 s", for the states after waiting.
std::string sentence(DrainWatch::State state, const BackendView& backend);

}  // namespace lb::cli
