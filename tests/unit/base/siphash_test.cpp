// SPDX-License-Identifier: Apache-2.0
/// The test vectors of the authors of SipHash-2-4: key 00 01 .. 0f, input 00 01 .. of each length.
#include "base/siphash.hpp"

#include <string>

#include <gtest/gtest.h>

namespace lb {
namespace {

constexpr std::array<std::uint64_t, 17> kByLength{
    0x726fdb47dd0e0e31, 0x74f839c593dc67fd, 0x0d6c8009d9a94f5a, 0x85676696d7fb7e2d,
    0xcf2794e0277187b7, 0x18765564cd99a68d, 0xcbc9466e58fee3ce, 0xab0200f58b01d137,
    0x93f5f5799a932462, 0x9e0082df0ba9e4b0, 0x7a5dbbc594ddb9f3, 0xf4b32f46226bada7,
    0x751e8fbc860ee5fb, 0x14ea5627c0843d90, 0xf723ca908e7af2ee, 0xa129ca6149be45e5,
    0x3f2acc7f57c29bdb};
constexpr std::uint64_t kOf63Bytes = 0x958a324ceb064572;

Seed counting_key() {
    Seed key{};
    for (std::size_t i = 0; i < key.size(); ++i)
        key[i] = static_cast<std::uint8_t>(i);
    return key;
}

std::string counting(std::size_t length) {
    std::string bytes;
    for (std::size_t i = 0; i < length; ++i)
        bytes += static_cast<char>(i);
    return bytes;
}

TEST(SipHash, GivesTheAuthorsVectors) {
    for (std::size_t length = 0; length < kByLength.size(); ++length)
        EXPECT_EQ(siphash(counting_key(), counting(length)), kByLength.at(length)) << length;
    EXPECT_EQ(siphash(counting_key(), counting(63)), kOf63Bytes);
}

TEST(SipHash, ReadsBytesAboveAsciiAsTheyAre) {
    // `openssl mac -macopt size:8 ... SIPHASH` says so too; the vectors have no such bytes.
    EXPECT_EQ(siphash(counting_key(), "\x80\x81\x82\xfe\xff"), 0xfeb05c7ce53b148eu);
    EXPECT_EQ(siphash(counting_key(), "\xc0\xff\xee\xc0\xff\xee\xc0\xff\xee"), 0x4b1cfe53614a72ebu);
}

TEST(SipHash, DependsOnEveryByteOfTheKey) {
    for (std::size_t i = 0; i < 16; ++i) {
        auto key = counting_key();
        key[i] ^= 1;
        EXPECT_NE(siphash(key, "web"), siphash(counting_key(), "web")) << i;
    }
}

}  // namespace
}  // namespace lb
