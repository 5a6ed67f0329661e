// SPDX-License-Identifier: Apache-2.0
/// Waiting without sleeping: runs the loop until something has happened.
#pragma once

#include <functional>

#include "base/loop.hpp"

namespace lb::test {

/// False when it has not happened after ten seconds.
inline bool until(Loop& loop, const std::function<bool()>& event) {
    const auto end = Loop::now() + std::chrono::seconds{10};
    Timer look{loop};
    std::function<void()> again = [&] {
        if (event() || Loop::now() > end) return loop.stop();
        look.in(std::chrono::milliseconds{2}, again);
    };
    loop.post(again);
    loop.run();
    return event();
}

}  // namespace lb::test
