// SPDX-License-Identifier: Apache-2.0
/// heap: how the programs that stay for months treat memory that is free.  Their allocator is
/// mimalloc (docs/decisions/0049-memory.md).
#pragma once

#include <mimalloc.h>

namespace lb {

/// For main(), before it allocates much: what is free goes back to the kernel at once, not after a
/// while in which nobody may ask for memory again.
inline void give_back_at_once() {
    mi_option_set(mi_option_decommit_delay, 0);
}

}  // namespace lb
