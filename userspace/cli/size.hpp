// SPDX-License-Identifier: Apache-2.0
/// The terminal at standard output: how large it is, and whether it can be drawn on.
#pragma once

#include <cstddef>

namespace lb::cli {

struct Size {
    std::size_t columns = 80;
    std::size_t rows = 24;
};

/// 80x24 where it does not say.
Size terminal_size();

/// $TERM names a terminal that can move its cursor.
bool can_draw();

}  // namespace lb::cli
