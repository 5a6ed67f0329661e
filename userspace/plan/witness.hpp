// SPDX-License-Identifier: Apache-2.0
/// How many handshakes to time, and what they say about a backend.  Pure.
///
/// A spoofed flood, or a client network that breaks, takes answers away from all backends of a pool
/// alike: so a backend is compared with the rest of its pool, never with a fixed number.  What is
/// found changes nothing but what people see (docs/decisions/0025-witness.md).
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "model/witness.hpp"

namespace lb::plan {

/// One flow of 64, and every flow.
inline constexpr std::uint32_t kBaseShare = 1U << 26, kEveryFlow = 0xffffffff;

/// What a second brought a backend.
struct WitnessSecond {
    std::uint64_t samples = 0;
    std::uint64_t packets = 0;
};

/// How many of a backend's flows are sampled, reconsidered once a second: as many as make about
/// eight samples a second, so that a quiet backend has its fifty soon.  Never less than one of 64;
/// more only as long as few packets pay for it.
class WitnessShare {
public:
    WitnessRate after(const WitnessSecond& second);

private:
    std::uint32_t share_ = kBaseShare;
    std::array<std::uint32_t, 4> recent_{};  ///< what began then may still be answered
    std::size_t next_ = 0;
};

/// The last minute and the one before it.
struct WitnessMinutes {
    Handshakes last, before;

    Handshakes both() const;
    void add(const WitnessMinutes& other);
    /// Of a sum: what `part` has no part in.
    WitnessMinutes without(const WitnessMinutes& part) const;
};

/// A backend's counters over two minutes.
class WitnessHistory {
public:
    static constexpr std::uint64_t kStepSeconds = 5;
    /// Every kStepSeconds: its counters since it exists.
    void record(const Handshakes& total);
    WitnessMinutes minutes() const;

private:
    std::vector<Handshakes> totals_;  // oldest first; of one size from the first on
};

/// `rest`: of the other backends of its pool, together.
Testimony testimony(const WitnessMinutes& own, const WitnessMinutes& rest);

}  // namespace lb::plan
