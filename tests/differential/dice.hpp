// SPDX-License-Identifier: Apache-2.0
/// Chance, for scenes.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <random>

#include "support/packet.hpp"

namespace lb::test {

class Dice {
public:
    explicit Dice(std::mt19937_64& random) : random_{random} {}

    /// 0 .. sides - 1
    std::uint32_t roll(std::uint32_t sides) {
        return static_cast<std::uint32_t>(random_() % sides);
    }
    bool one_in(std::uint32_t sides) { return roll(sides) == 0; }
    std::uint8_t byte() { return static_cast<std::uint8_t>(random_()); }
    std::uint16_t word() { return static_cast<std::uint16_t>(random_()); }
    std::uint64_t bits() { return random_(); }
    Bytes bytes(std::size_t count) {
        Bytes some(count);
        for (auto& each : some)
            each = byte();
        return some;
    }
    template <class List>
    const auto& one_of(const List& list) {
        return *(std::begin(list) + roll(static_cast<std::uint32_t>(std::size(list))));
    }
    template <class Each>
    Each one_of(std::initializer_list<Each> list) {
        return *(list.begin() + roll(static_cast<std::uint32_t>(list.size())));
    }

private:
    std::mt19937_64& random_;
};

}  // namespace lb::test
