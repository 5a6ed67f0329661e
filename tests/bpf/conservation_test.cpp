// SPDX-License-Identifier: Apache-2.0
/// Packets in = sum of verdicts, whatever comes in.
#include <numeric>
#include <set>
#include <vector>

#include <gtest/gtest.h>
#include <linux/bpf.h>

#include "support/datapath.hpp"
#include "support/icmp.hpp"
#include "support/random.hpp"

namespace lb::test {
namespace {

constexpr int kPackets = 30000;

class Conservation : public DatapathTest {
protected:
    void load() override {
        DatapathTest::load();
        lb().serve("192.0.2.10:80/tcp", {"198.51.100.7", "2001:db8:2::7"});
        lb().serve("192.0.2.10:80/udp", {"198.51.100.8"}, LB_FORWARD_L2);
        lb().serve("[2001:db8:1::10]:80/tcp", {"2001:db8:2::7", "198.51.100.7"});
        lb().serve("[2001:db8:1::10]:80/udp", {"198.51.100.8"}, LB_FORWARD_L2);
        lb().serve("192.0.2.10:1000-30000/udp", {"198.51.100.9"});
        lb().flag("192.0.2.10", LB_ADDRESS_ECHO);
        lb().flag("2001:db8:1::10", LB_ADDRESS_ECHO | LB_ADDRESS_DROP);
        lb().backends()[2].nexthop = nexthop(backend_mac(2), kElsewhere);
    }
};

/// A ping, or an error about something that the vip might have sent.
Packet any_icmp(std::mt19937_64& random, bool is_v4) {
    const char* client = is_v4 ? "203.0.113.5" : "2001:db8::5";
    const char* vip = is_v4 ? "192.0.2.10" : "2001:db8:1::10";
    if (random() % 3 == 0) return ping(client, vip, random() % 1500);
    auto back = is_v4 ? syn("192.0.2.10:80", "203.0.113.5:40000")
                      : syn("[2001:db8:1::10]:80", "[2001:db8::5]:40000");
    if (random() % 4 == 0) back.source.port = 22;
    if (random() % 4 == 0) back.protocol = static_cast<std::uint8_t>(random());
    const IcmpHeader header{static_cast<std::uint8_t>(random() % 16),
                            static_cast<std::uint8_t>(random() % 8),
                            static_cast<std::uint32_t>(random() % 2000)};
    return icmp(client, vip, header, quote_of(back, random() % 80));
}

Packet any_packet(std::mt19937_64& random) {
    const auto dice = [&random](int sides) { return random() % static_cast<unsigned>(sides); };
    const bool is_v4 = dice(2) == 0;
    if (dice(5) == 0) return any_icmp(random, is_v4);
    Packet packet = is_v4 ? syn("203.0.113.5:40000", "192.0.2.10:80")
                          : syn("[2001:db8::5]:40000", "[2001:db8:1::10]:80");
    packet.protocol = dice(2) == 0 ? IPPROTO_TCP : IPPROTO_UDP;
    packet.source.port = static_cast<std::uint16_t>(random());
    packet.payload.resize(dice(64), 0x55);
    if (dice(8) == 0) packet.destination.port = 22;
    if (dice(8) == 0) packet.destination.address.bytes[15] ^= 1;
    if (dice(8) == 0) packet.ttl = static_cast<std::uint8_t>(dice(3));
    if (dice(8) == 0) packet.options.resize(4 * dice(11), 0x01);
    if (dice(8) == 0) packet.more_fragments = true;
    if (dice(8) == 0) packet.fragment_offset = static_cast<std::uint16_t>(dice(0x2000));
    if (dice(8) == 0) packet.extensions = {{static_cast<std::uint8_t>(dice(64))}};
    if (dice(8) == 0) packet.extensions.resize(dice(7), {IPPROTO_DSTOPTS});
    if (dice(8) == 0) packet.claimed_length = static_cast<std::uint16_t>(dice(128));
    if (dice(16) == 0) packet.payload.resize(kMtu - 30 + dice(60));
    return packet;
}

/// Sometimes cut, padded, or with a few bytes changed.
Frame any_frame(std::mt19937_64& random) {
    Frame frame = any_packet(random).frame();
    for (auto tags = random() % 8; tags > 4; --tags)
        frame = frame.tagged(static_cast<std::uint16_t>(random()), tags % 2 ? kDot1q : kDot1ad);
    if (random() % 8 == 0) frame = frame.cut(14 + random() % (frame.bytes.size() - 13));
    if (random() % 8 == 0) frame = frame.padded_to(60 + random() % 100, 0xee);
    for (auto flips = random() % 16; flips > 12; --flips)
        frame.bytes[random() % frame.bytes.size()] = static_cast<std::uint8_t>(random());
    return frame;
}

/// What every packet must obey, whatever it is.
void holds(const Frame& in, const Outcome& out) {
    SCOPED_TRACE(testing::PrintToString(in));
    switch (out.verdict) {
        case LB_NEXT:
            FAIL() << "not exactly one verdict";
        case LB_PASS_NOT_IP:
        case LB_PASS_TRUNCATED:
        case LB_PASS_NOT_OURS:
        case LB_PASS_UNMATCHED:
            ASSERT_EQ(out.action, XDP_PASS);
            ASSERT_EQ(out.packet, in);
            break;
        case LB_FORWARD:
        case LB_REPLY_ECHO:
        case LB_REPLY_TOO_BIG:
            ASSERT_EQ(out.action, XDP_TX);
            break;
        case LB_FORWARD_REDIRECT:
            ASSERT_EQ(out.action, XDP_REDIRECT);
            break;
        default:
            ASSERT_EQ(out.action, XDP_DROP);
            break;
    }
}

TEST_F(Conservation, EveryPacketIsCountedOnceAndTreatedAsCounted) {
    auto random = seeded_random();
    std::set<lb_verdict> seen;
    for (int i = 0; i < kPackets; ++i) {
        const auto in = any_frame(random);
        const auto out = lb().receive(in);
        seen.insert(out.verdict);
        ASSERT_NO_FATAL_FAILURE(holds(in, out));
    }
    const auto counts = lb().verdicts();
    EXPECT_EQ(
        std::accumulate(std::begin(counts.packets), std::end(counts.packets), std::uint64_t{}),
        std::uint64_t{kPackets});
    EXPECT_GE(seen.size(), 10u) << "the mix has become too tame";
}

TEST_F(Conservation, WhatVipsWereSentAndDidNotDropWentToTheirBackends) {
    auto random = seeded_random();
    for (int i = 0; i < kPackets; ++i)
        lb().receive(any_frame(random));
    std::uint64_t to_vips = 0, to_backends = 0;
    for (std::uint32_t vip = 0; vip < 5; ++vip)
        to_vips += lb().vip_count(vip).packets;
    for (std::uint32_t backend = 0; backend < 7; ++backend)
        to_backends += lb().backend_count(backend).packets;
    EXPECT_EQ(to_backends, lb().counted(LB_FORWARD) + lb().counted(LB_FORWARD_REDIRECT));
    EXPECT_GT(to_backends, std::uint64_t{kPackets} / 10);
    EXPECT_GT(to_vips, to_backends);
}

}  // namespace
}  // namespace lb::test
