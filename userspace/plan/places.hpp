// SPDX-License-Identifier: Apache-2.0
/// Places in the maps: what is free, and the error where nothing is.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.hpp"

namespace lb::plan {

inline Error no_room(const char* what, std::uint32_t limit) {
    return Error{std::string{"no room for another "} + what + ": node.limits has " +
                 std::to_string(limit) + "; raise it and restart lbd after `lbctl detach`"};
}

/// Hands out the lowest numbers that are not taken.
class Free {
public:
    explicit Free(std::uint32_t limit) : is_taken_(limit, false) {}

    void occupy(std::uint32_t number) {
        if (number < is_taken_.size()) is_taken_[number] = true;
    }
    std::optional<std::uint32_t> take() {
        const auto found = std::find(is_taken_.begin() + next_, is_taken_.end(), false);
        next_ = found - is_taken_.begin();
        if (found == is_taken_.end()) return std::nullopt;
        return static_cast<std::uint32_t>(next_++);
    }

private:
    std::vector<bool> is_taken_;
    std::ptrdiff_t next_ = 0;
};

}  // namespace lb::plan
