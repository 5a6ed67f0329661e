// SPDX-License-Identifier: Apache-2.0
#include "health/icmp_message.hpp"

#include <gtest/gtest.h>

namespace lb::health {
namespace {

constexpr Echo kFour{true, 0x1234, 0x0123456789abcdef};
constexpr Echo kSix{false, 0x1234, 0x0123456789abcdef};

/// What a host answers: the same with the type of a reply, in IPv4 behind its IP header.
std::string reply(const Echo& echo, std::size_t options = 0) {
    auto message = echo_request(echo);
    message[0] = echo.is_v4 ? 0 : static_cast<char>(129);
    if (!echo.is_v4) return message;
    std::string header(20 + options, '\0');
    header[0] = static_cast<char>(0x40 | (header.size() / 4));
    return header + message;
}

TEST(IcmpMessage, ARequestHasItsTypeAndARightChecksum) {
    const auto request = echo_request(kFour);
    ASSERT_EQ(request.size(), 16u);
    EXPECT_EQ(request[0], 8);
    EXPECT_EQ(request[1], 0);
    std::uint32_t sum = 0;  // RFC 1071: of the whole, the checksum included, it is ffff
    for (std::size_t i = 0; i < request.size(); i += 2)
        sum += static_cast<std::uint32_t>(static_cast<unsigned char>(request[i]) << 8 |
                                          static_cast<unsigned char>(request[i + 1]));
    sum = (sum & 0xffff) + (sum >> 16);
    EXPECT_EQ(sum, 0xffffu);
    EXPECT_EQ(static_cast<unsigned char>(echo_request(kSix)[0]), 128);
}

TEST(IcmpMessage, TheReplyBelongsToItsRequest) {
    for (const auto& echo : {kFour, kSix}) {
        EXPECT_TRUE(answers(reply(echo), echo));
        EXPECT_FALSE(answers(echo_request(echo), echo)) << "the request itself";
    }
    EXPECT_TRUE(answers(reply(kFour, 8), kFour)) << "with IP options";
}

TEST(IcmpMessage, EveryOtherByteMakesItSomebodyElses) {
    for (const auto& echo : {kFour, kSix}) {
        const auto good = reply(echo);
        const std::size_t icmp = echo.is_v4 ? 20 : 0;
        for (std::size_t at = icmp; at < good.size(); ++at) {
            const auto of_message = at - icmp;
            if (of_message == 2 || of_message == 3) continue;  // the kernel looks at the checksum
            if (of_message == 6 || of_message == 7) continue;  // the sequence, always 0
            auto other = good;
            other[at] = static_cast<char>(other[at] ^ 1);
            EXPECT_FALSE(answers(other, echo)) << at;
        }
    }
}

TEST(IcmpMessage, WhatIsCutOffIsNoAnswer) {
    for (const auto& echo : {kFour, kSix}) {
        const auto good = reply(echo);
        for (std::size_t size = 0; size < good.size(); ++size)
            EXPECT_FALSE(answers(std::string_view{good}.substr(0, size), echo)) << size;
        EXPECT_FALSE(answers(good + "x", echo));
    }
    auto short_header = reply(kFour);
    short_header[0] = 0x44;  // 16 bytes of IP header
    EXPECT_FALSE(answers(short_header, kFour));
}

}  // namespace
}  // namespace lb::health
