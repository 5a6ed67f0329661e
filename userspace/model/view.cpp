// SPDX-License-Identifier: Apache-2.0
#include "model/view.hpp"

#include <array>

namespace lb {

const char* text(Refusal::Kind kind) {
    constexpr std::array kWords{"invalid", "unknown", "refused", "failed", "permission", "busy"};
    return kWords.at(static_cast<std::size_t>(kind));
}

const char* text(Flows flows) {
    constexpr std::array kWords{"all", "existing", "none"};
    return kWords.at(static_cast<std::size_t>(flows));
}

const char* text(Readiness::Obstacle obstacle) {
    constexpr std::array kWords{"none", "detached", "no_program", "cut_off", "no_backend"};
    return kWords.at(static_cast<std::size_t>(obstacle));
}

const char* text(WitnessVerdict verdict) {
    constexpr std::array kWords{"too_few_samples", "normal", "suspicious"};
    return kWords.at(static_cast<std::size_t>(verdict));
}

}  // namespace lb
