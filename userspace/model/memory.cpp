// SPDX-License-Identifier: Apache-2.0
#include "model/memory.hpp"

#include <algorithm>

namespace lb {

milliseconds Override::length() const {
    return std::chrono::duration_cast<milliseconds>(until - since);
}

milliseconds Override::left(WallTime now) const {
    const auto left = std::chrono::duration_cast<milliseconds>(until - now);
    return std::clamp(left, milliseconds{0}, std::max(length(), milliseconds{0}));
}

const char* text(GenerationState state) {
    switch (state) {
        case GenerationState::verifying:
            return "verifying";
        case GenerationState::pending:
            return "pending";
        case GenerationState::rolled_back:
            return "rolled_back";
        case GenerationState::confirmed:
            break;
    }
    return "confirmed";
}

}  // namespace lb
