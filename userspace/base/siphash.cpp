// SPDX-License-Identifier: Apache-2.0
#include "base/siphash.hpp"

#include <bit>
#include <cstddef>

namespace lb {
namespace {

struct State {
    std::uint64_t a, b, c, d;

    void round() {
        a += b;
        b = std::rotl(b, 13) ^ a;
        a = std::rotl(a, 32);
        c += d;
        d = std::rotl(d, 16) ^ c;
        a += d;
        d = std::rotl(d, 21) ^ a;
        c += b;
        b = std::rotl(b, 17) ^ c;
        c = std::rotl(c, 32);
    }
    void absorb(std::uint64_t word) {
        d ^= word;
        round();
        round();
        a ^= word;
    }
};

template <class Bytes>
std::uint64_t little_endian(const Bytes& bytes, std::size_t from, std::size_t count) {
    std::uint64_t word = 0;
    for (std::size_t i = 0; i < count; ++i)
        word |= std::uint64_t{static_cast<std::uint8_t>(bytes[from + i])} << (8 * i);
    return word;
}

}  // namespace

std::uint64_t siphash(const Seed& key, std::string_view bytes) {
    const auto k0 = little_endian(key, 0, 8);
    const auto k1 = little_endian(key, 8, 8);
    State state{k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261,
                k1 ^ 0x7465646279746573};
    std::size_t at = 0;
    for (; at + 8 <= bytes.size(); at += 8)
        state.absorb(little_endian(bytes, at, 8));
    const auto length = std::uint64_t{bytes.size() & 0xff} << 56;
    state.absorb(length | little_endian(bytes, at, bytes.size() - at));
    state.c ^= 0xff;
    for (int i = 0; i < 4; ++i)
        state.round();
    return state.a ^ state.b ^ state.c ^ state.d;
}

}  // namespace lb
