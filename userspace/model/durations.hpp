// SPDX-License-Identifier: Apache-2.0
/// How long something took, many times: a histogram as Prometheus wants it.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>

#include "base/loop.hpp"

namespace lb {

struct Durations {
    /// One list for all, from a store into a map to the longest timeout of a check.
    static constexpr std::array<std::chrono::microseconds, 14> kBounds{
        std::chrono::microseconds{500},  std::chrono::milliseconds{1},
        std::chrono::microseconds{2500}, std::chrono::milliseconds{5},
        std::chrono::milliseconds{10},   std::chrono::milliseconds{25},
        std::chrono::milliseconds{50},   std::chrono::milliseconds{100},
        std::chrono::milliseconds{250},  std::chrono::milliseconds{500},
        std::chrono::seconds{1},         std::chrono::milliseconds{2500},
        std::chrono::seconds{5},         std::chrono::seconds{30}};

    /// So many were above the bound before and not above this one; the last: above all.
    std::array<std::uint64_t, kBounds.size() + 1> counts{};
    std::chrono::nanoseconds sum{0};

    /// What is negative counts as nothing.
    void add(std::chrono::nanoseconds length);
    std::uint64_t count() const;
};

/// Adds the time for which it lived.
class Stopwatch {
public:
    explicit Stopwatch(Durations& into) : into_{into} {}
    ~Stopwatch() { into_.add(Loop::now() - began_); }
    Stopwatch(const Stopwatch&) = delete;

private:
    Durations& into_;
    Time began_ = Loop::now();
};

}  // namespace lb
