// SPDX-License-Identifier: Apache-2.0
#include "model/trial.hpp"

#include <array>

namespace lb {

const char* text(TrialResult result) {
    constexpr std::array kWords{"ok", "cannot_see", "mismatch", "not_tested"};
    return kWords.at(static_cast<std::size_t>(result));
}

}  // namespace lb
