// SPDX-License-Identifier: Apache-2.0
/// The witness: what the packets of clients say about backends, without a check
/// (docs/decisions/0025-witness.md).
#pragma once

#include <chrono>
#include <cstdint>

#include "model/tables.hpp"

namespace lb {

/// Handshakes of a backend that were timed, since it exists or in some time.
struct Handshakes {
    std::uint64_t samples = 0;
    std::uint64_t completed = 0;  ///< of those
    Nanoseconds latency = 0;      ///< of the completed, in all

    bool operator==(const Handshakes&) const = default;
};

/// How many handshakes are timed: of 2^32 flows, those whose hash has a smaller low half.
struct WitnessRate {
    std::uint32_t looks = 0;   ///< flows that are looked at
    std::uint32_t begins = 0;  ///< those whose handshake is timed from now on

    bool operator==(const WitnessRate&) const = default;
};

enum class WitnessVerdict {
    too_few,     ///< samples, of it or of the rest of its pool
    normal,      ///< no worse than the rest of its pool
    suspicious,  ///< it answers fewer handshakes, and not by chance
};

/// What the last two minutes say about a backend.  It changes no state.
struct Testimony {
    WitnessVerdict verdict = WitnessVerdict::too_few;
    std::uint64_t samples = 0;
    std::uint64_t completed = 0;
    double ratio = 0;                      ///< completed, 0..1
    double error = 0;                      ///< of the ratio: half of its 95 % interval
    std::chrono::microseconds latency{0};  ///< mean of the completed

    bool operator==(const Testimony&) const = default;
};

const char* text(WitnessVerdict);  ///< "too_few_samples", "normal", "suspicious"

}  // namespace lb
