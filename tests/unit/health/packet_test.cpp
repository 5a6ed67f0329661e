// SPDX-License-Identifier: Apache-2.0
#include "health/packet.hpp"

#include <array>
#include <cstdlib>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "health/wire.hpp"

namespace lb::health {
namespace {

TEST(Packet, HoldsSeveralMessages) {
    std::string packet;
    pack(packet, "one");
    pack(packet, "", true);
    pack(packet, std::string(kLargestMessage, '3'), true);
    std::string_view rest = packet;
    for (const auto& [message, has_descriptor] :
         {std::pair{std::string{"one"}, false}, std::pair{std::string{}, true},
          std::pair{std::string(kLargestMessage, '3'), true}}) {
        const auto first = unpack(rest);
        ASSERT_TRUE(first);
        EXPECT_EQ(first->message, message);
        EXPECT_EQ(first->has_descriptor, has_descriptor);
    }
    EXPECT_TRUE(rest.empty());
}

TEST(Packet, HoldsNoMessageThatIsCutOff) {
    std::string packet;
    pack(packet, "whole");
    for (std::size_t size = 0; size < packet.size(); ++size) {
        std::string_view cut = std::string_view{packet}.substr(0, size);
        EXPECT_FALSE(unpack(cut)) << size;
    }
}

Fd nowhere() {
    return Fd{open("/dev/null", O_RDONLY | O_CLOEXEC)};
}

TEST(Packet, ArrivesWithItsDescriptorsAndKeepsNone) {
    std::array<int, 2> ends{-1, -1};
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends.data()), 0);
    const Fd here{ends[0]}, there{ends[1]};
    Packet sent, arrived;
    Fd none, one = nowhere(), another{open("/dev/zero", O_RDONLY | O_CLOEXEC)};
    struct stat zero {};
    ASSERT_EQ(fstat(another.get(), &zero), 0);
    EXPECT_TRUE(sent.put("first", none));
    EXPECT_TRUE(sent.put("second", one));
    EXPECT_TRUE(sent.put("third", another));
    EXPECT_FALSE(one);  // the packet's now
    EXPECT_EQ(send_packet(here.get(), sent), static_cast<ssize_t>(sent.bytes.size()));
    ASSERT_EQ(receive_packet(there.get(), arrived), static_cast<ssize_t>(sent.bytes.size()));
    EXPECT_EQ(arrived.bytes, sent.bytes);
    ASSERT_EQ(arrived.descriptors.size(), 2u);
    struct stat second {};
    ASSERT_EQ(fstat(arrived.descriptors[1].get(), &second), 0);
    EXPECT_EQ(second.st_rdev, zero.st_rdev);
}

TEST(Packet, IsFullBeforeTheKernelWouldRefuseIt) {
    Packet packet;
    for (std::size_t i = 0; i < kMostDescriptors; ++i) {
        auto descriptor = nowhere();
        ASSERT_TRUE(packet.put("x", descriptor)) << i;
    }
    Fd none, one_more = nowhere();
    EXPECT_FALSE(packet.put("x", one_more));
    EXPECT_TRUE(one_more);
    EXPECT_TRUE(packet.put("x", none));
    EXPECT_TRUE(packet.put(std::string(kLargestMessage, 'x'), none));
    EXPECT_FALSE(packet.put(std::string(kLargestMessage, 'x'), none));
    EXPECT_TRUE(Packet{}.put(std::string(kLargestMessage, 'x'), none));
}

}  // namespace
}  // namespace lb::health
