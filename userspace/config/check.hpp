// SPDX-License-Identifier: Apache-2.0
/// The block `health_check`: which keys belong to which type, and what follows from the others.
#pragma once

#include <optional>
#include <string>

#include "config/block.hpp"

namespace lb::config {

/// A check as far as it is written: what is absent here follows from the rest.
struct WrittenCheck {
    Check check;
    std::optional<milliseconds> fast_interval;
    std::optional<milliseconds> timeout;
    std::optional<milliseconds> stale_after;

    Check complete() const;
};

/// Every key that may have a default.
void read_check_keys(const Block& block, WrittenCheck& written);

/// Absent where the pool has no check or no type: that is LB001, and the rules' to say.  One that
/// is there but cannot be read was said here, so it counts as present.
std::optional<Check> read_check(const Block& pool, const std::string& object,
                                const WrittenCheck& defaults);

}  // namespace lb::config
