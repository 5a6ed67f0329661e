// SPDX-License-Identifier: Apache-2.0
/// The hash spreads flows evenly over the slots; the slots say who gets them.
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "support/datapath.hpp"
#include "support/random.hpp"

namespace lb::test {
namespace {

using Slots = DatapathTest;

const std::vector<std::string> kTen{"198.51.100.1", "198.51.100.2", "198.51.100.3", "198.51.100.4",
                                    "198.51.100.5", "198.51.100.6", "198.51.100.7", "198.51.100.8",
                                    "198.51.100.9", "198.51.100.10"};

Packet any_flow(std::mt19937_64& random, bool is_v4) {
    auto packet = is_v4 ? syn("203.0.113.5:40000", "192.0.2.10:80")
                        : syn("[2001:db8::5]:40000", "[2001:db8:1::10]:80");
    for (std::size_t i = is_v4 ? 12 : 0; i < 16; ++i)
        packet.source.address.bytes[i] = static_cast<std::uint8_t>(random());
    packet.source.port = static_cast<std::uint16_t>(random());
    return packet;
}

TEST_F(Slots, NameTheBackendThatTheNativeHashPredicts) {
    auto random = seeded_random();
    for (const bool is_v4 : {true, false}) {
        const auto vip = lb().serve(is_v4 ? "192.0.2.10:80/tcp" : "[2001:db8:1::10]:80/tcp",
                                    {"198.51.100.1", "198.51.100.2"}, LB_FORWARD_IPIP, 16381);
        const std::uint32_t first = 2 * vip, second = first + 1;
        const auto base = static_cast<std::uint32_t>(lb().vips()[vip].word);
        for (auto& slot : lb().slots().subspan(base, 16381))
            slot = first;
        for (int i = 0; i < 2000; ++i) {
            const auto packet = any_flow(random, is_v4);
            lb().slot_of(packet, vip) = second;
            ASSERT_EQ(lb().receive(packet).packet, lb().expected(packet, second));
            lb().slot_of(packet, vip) = first;
            ASSERT_EQ(lb().receive(packet).packet, lb().expected(packet, first));
        }
    }
}

TEST_F(Slots, GiveTheSameFlowTheSameBackendWhateverElseThePacketSays) {
    const auto vip = lb().serve("192.0.2.10:80/tcp", kTen, LB_FORWARD_IPIP, 16381);
    auto packet = syn("203.0.113.5:40000", "192.0.2.10:80");
    const auto backend = static_cast<std::uint32_t>(lb().slot_of(packet, vip));
    for (const auto flags : Octets{0x02, 0x10, 0x18, 0x11, 0x04}) {
        packet.tcp_flags = flags;
        packet.id++;
        packet.ttl--;
        packet.payload.push_back(flags);
        EXPECT_EQ(lb().receive(packet).packet, lb().expected(packet, backend));
    }
}

TEST_F(Slots, OfTheOtherHalfCountOnceTheVipFlips) {
    const auto vip = lb().serve("192.0.2.10:80/tcp", {"198.51.100.1", "198.51.100.2"});
    const auto packet = syn("203.0.113.5:40000", "192.0.2.10:80");
    for (auto& slot : lb().slots().subspan(0, kFewSlots))
        slot = 0;
    for (auto& slot : lb().slots().subspan(kFewSlots, kFewSlots))
        slot = 1;
    EXPECT_EQ(lb().receive(packet).packet, lb().expected(packet, 0));
    lb().vips()[vip].word ^= 1ull << LB_VIP_HALF_SHIFT;
    EXPECT_EQ(lb().receive(packet).packet, lb().expected(packet, 1));
}

/// Share of each of ten backends within five standard deviations, and all of them together.
void expect_even(const Datapath& lb, int flows) {
    const double expected = flows / 10.0, sigma = std::sqrt(flows * 0.1 * 0.9);
    double chi_square = 0;
    for (std::uint32_t backend = 0; backend < 10; ++backend) {
        const auto got = static_cast<double>(lb.backend_count(backend).packets);
        EXPECT_NEAR(got, expected, 5 * sigma) << "backend " << backend;
        chi_square += (got - expected) * (got - expected) / expected;
    }
    EXPECT_LT(chi_square, 45) << "nine degrees of freedom: once in a million";
}

TEST_F(Slots, AreHitEvenlyByRandomFlows) {
    lb().serve("192.0.2.10:80/tcp", kTen, LB_FORWARD_IPIP, 65537);
    auto random = seeded_random();
    for (int i = 0; i < 30000; ++i)
        lb().receive(any_flow(random, true));
    expect_even(lb(), 30000);
}

TEST_F(Slots, AreHitEvenlyByNeighbouringClientsAndPorts) {
    lb().serve("[2001:db8:1::10]:80/tcp", kTen, LB_FORWARD_IPIP, 65537);
    auto packet = syn("[2001:db8::]:1024", "[2001:db8:1::10]:80");
    for (int client = 0; client < 100; ++client) {
        packet.source.address.bytes[15] = static_cast<std::uint8_t>(client);
        for (std::uint16_t port = 1024; port < 1024 + 300; ++port) {
            packet.source.port = port;
            lb().receive(packet);
        }
    }
    expect_even(lb(), 30000);
}

}  // namespace
}  // namespace lb::test
