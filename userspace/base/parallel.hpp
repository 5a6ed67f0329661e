// SPDX-License-Identifier: Apache-2.0
/// in_parallel: pieces of work that do not meet, on all processors at once.
#pragma once

#include <cstddef>
#include <functional>

namespace lb {

/// Calls `piece(0)` to `piece(count - 1)`, in any order, on as many threads as there are processors
/// for this process, eight at most, the caller's among them.  Returns when the last one is done;
/// throws what one of them threw.  Where a thread cannot be had, or has no memory, the caller does
/// its share: a piece that ran out of memory is called once more.
void in_parallel(std::size_t count, const std::function<void(std::size_t)>& piece);

}  // namespace lb
