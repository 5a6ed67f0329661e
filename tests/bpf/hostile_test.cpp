// SPDX-License-Identifier: Apache-2.0
/// Packets that mean harm: counted, bounded, never forwarded wrong, never a loss for others.
#include <algorithm>

#include <gtest/gtest.h>
#include <linux/bpf.h>

#include "model/tables.hpp"
#include "support/datapath.hpp"
#include "support/icmp.hpp"
#include "support/random.hpp"

namespace lb::test {
namespace {

constexpr std::uint8_t kAcknowledged = 0x10;
constexpr std::uint32_t kFlood = 5000, kBudget = 100;

class Hostile : public DatapathTest {
protected:
    void load() override {
        DatapathTest::load();
        lb().serve("192.0.2.10:80/tcp", {"198.51.100.1", "198.51.100.2"});
        lb().serve("192.0.2.10:53/udp", {"198.51.100.3"});
        lb().serve("[2001:db8:1::10]:80/tcp", {"2001:db8:2::1", "2001:db8:2::2"});
    }
    /// Connection `number` of somebody who keeps to the rules.
    static Packet honest(std::uint16_t number = 0) {
        auto packet = syn("203.0.113.5:40000", "192.0.2.10:80");
        packet.source.port = static_cast<std::uint16_t>(40000 + number);
        packet.tcp_flags = kAcknowledged;
        return packet;
    }
    /// From anywhere.
    Packet spoofed(std::string_view vip, Packet (*make)(std::string_view, std::string_view)) {
        auto packet = make("203.0.113.5:40000", vip);
        for (std::size_t i = 12; i < 16; ++i)
            packet.source.address.bytes[i] = static_cast<std::uint8_t>(1 + random_() % 200);
        packet.source.port = static_cast<std::uint16_t>(1 + random_() % 65535);
        return packet;
    }
    void is_forwarded_right(const Packet& packet, std::uint32_t backend) {
        EXPECT_EQ(lb().receive(packet).packet, lb().expected(packet, backend));
    }
    std::uint32_t backend_of(const Packet& packet) {
        return static_cast<std::uint32_t>(lb().slot_of(packet, 0) & LB_SLOT_INDEX_MASK);
    }
    void limit(lb_budget_kind kind, std::uint32_t most) { lb().settings().budget[kind] = most; }

    std::mt19937_64 random_ = seeded_random();
};

TEST_F(Hostile, SynFloodsLeaveNoTraceInSlotsThatRest) {
    for (std::uint32_t i = 0; i < kFlood; ++i)
        ASSERT_EQ(lb().receive(spoofed("192.0.2.10:80", syn)).verdict, LB_FORWARD);
    EXPECT_EQ(lb().flow_counts(0).inserted + lb().flow_counts(0).refused, 0u);
    is_forwarded_right(honest(), backend_of(honest()));
}

TEST_F(Hostile, SynFloodsTakeNoMoreOfTheTableThanTheirBudget) {
    for (auto& slot : lb().slots().subspan(0, kFewSlots))
        slot = moving_slot(1, 0);
    is_forwarded_right(honest(1), 0);  // an old connection, remembered before the flood
    limit(LB_BUDGET_HANDSHAKE, kBudget);
    for (std::uint32_t i = 0; i < kFlood; ++i)
        ASSERT_EQ(lb().receive(spoofed("192.0.2.10:80", syn)).verdict, LB_FORWARD);
    const auto counts = lb().flow_counts(0);
    EXPECT_LE(counts.inserted, 1 + 3 * kBudget);  // a second may turn, or two
    EXPECT_GE(counts.refused, kFlood - 3 * kBudget);
    // Old connections have a budget of their own, whether somebody remembers them or not.
    for (std::uint16_t number = 1; number < 50; ++number)
        is_forwarded_right(honest(number), 0);
    EXPECT_EQ(lb().flow_counts(0).refused, counts.refused);
}

TEST_F(Hostile, ErrorsThatQuoteGarbageGoNowhere) {
    for (std::uint32_t i = 0; i < kFlood; ++i) {
        Bytes garbage(random_() % 64);
        std::ranges::generate(garbage, [&] { return static_cast<std::uint8_t>(random_()); });
        if (garbage.size() > 20 && random_() % 2) garbage[0] = 0x45;
        const auto error = icmp("203.0.113.5", "192.0.2.10", {.type = 3, .code = 1}, garbage);
        ASSERT_EQ(lb().receive(error).action, XDP_DROP);
    }
    EXPECT_EQ(lb().counted(LB_DROP_ICMP), kFlood);
    is_forwarded_right(honest(), backend_of(honest()));
}

TEST_F(Hostile, FragmentFloodsNeitherPassNorPushOthersOut) {
    limit(LB_BUDGET_FRAGMENT, kBudget);
    auto first = datagram("203.0.113.5:40000", "192.0.2.10:53");
    first.payload.resize(64);
    first.more_fragments = true;
    auto later = first;
    later.more_fragments = false;
    later.fragment_offset = 9;
    ASSERT_EQ(lb().receive(first).verdict, LB_FORWARD);
    for (std::uint32_t i = 0; i < kFlood; ++i) {
        auto flood = spoofed("192.0.2.10:53", datagram);
        flood.id = static_cast<std::uint16_t>(random_());
        flood.fragment_offset = static_cast<std::uint16_t>(1 + random_() % 1000);
        ASSERT_EQ(lb().receive(flood).verdict, LB_DROP_FRAGMENT);
    }
    EXPECT_EQ(lb().counted(LB_DROP_FRAGMENT), kFlood);
    const auto out = lb().receive(later);  // unless a second went by
    EXPECT_TRUE(out.verdict == LB_FORWARD || out.verdict == LB_DROP_FRAGMENT);
    is_forwarded_right(honest(), backend_of(honest()));
}

TEST_F(Hostile, TunnelsInTunnelsAreOpenedByNobody) {
    const auto inner = honest();
    const auto middle = inner.inside_ipip(address("203.0.113.5"), address("192.0.2.10"));
    const auto outer = middle.inside_ipip(address("203.0.113.6"), address("192.0.2.10"));
    const auto gue = inner.inside_gue({address("203.0.113.5"), 40001}, address("192.0.2.10"));
    for (const auto& packet :
         {middle, outer, gue, gue.inside_ipip(address("203.0.113.5"), address("192.0.2.10"))}) {
        const auto out = lb().receive(packet);
        EXPECT_EQ(out.action, XDP_DROP);
        EXPECT_EQ(out.verdict, LB_DROP_TUNNEL);
    }
}

TEST_F(Hostile, BackendsThatCallTheirOwnVipAreClientsLikeOthers) {
    for (const char* source : {"198.51.100.1:50000", "198.51.100.2:50001"}) {
        const auto packet = syn(source, "192.0.2.10:80");
        is_forwarded_right(packet, backend_of(packet));
    }
    const auto vip = syn("192.0.2.10:80", "192.0.2.10:80");  // a packet from a vip to itself
    is_forwarded_right(vip, backend_of(vip));
}

TEST_F(Hostile, PacketsThatHaveNoHopLeftDie) {
    for (const unsigned ttl : {0u, 1u}) {
        auto packet = honest(), packet6 = syn("[2001:db8::5]:40000", "[2001:db8:1::10]:80");
        packet.ttl = packet6.ttl = static_cast<std::uint8_t>(ttl);
        EXPECT_EQ(lb().receive(packet).verdict, LB_DROP_TTL);
        EXPECT_EQ(lb().receive(packet6).verdict, LB_DROP_TTL);
    }
}

/// Two balancers that take each other for a backend, or one that takes itself for one.
TEST_F(Hostile, LoopsEnd) {
    lb().serve("192.0.2.20:80/tcp", {"192.0.2.20"});  // a backend at the address of its own vip
    auto frame = syn("203.0.113.5:40000", "192.0.2.20:80").frame();
    auto out = lb().receive(frame);
    EXPECT_EQ(out.verdict, LB_FORWARD);
    EXPECT_EQ(lb().receive(out.packet).verdict, LB_DROP_TUNNEL);

    lb().serve("192.0.2.30:80/tcp", {"192.0.2.30"}, LB_FORWARD_L2);
    frame = syn("203.0.113.5:40000", "192.0.2.30:80").frame();
    int rounds = 0;
    for (out = lb().receive(frame); out.verdict == LB_FORWARD; ++rounds)
        out = lb().receive(out.packet);
    EXPECT_EQ(out.verdict, LB_DROP_TTL);
    EXPECT_EQ(rounds, 63);
}

TEST_F(Hostile, WrongChecksumsStayAsWrongAsTheyWere) {
    for (const unsigned sum : {0x0000u, 0xffffu, 0x1234u}) {
        auto packet = datagram("203.0.113.5:40000", "192.0.2.10:53");
        packet.claimed_udp_checksum = static_cast<std::uint16_t>(sum);  // 0: none, which stays none
        is_forwarded_right(packet, 2);
    }
}

TEST_F(Hostile, LengthsThatLieAreMalformed) {
    for (const unsigned length : {0u, 1u, 19u, 20u, 27u, 39u, 60u, 1500u, 65535u}) {
        auto packet = honest();
        if (packet.ip().size() == length) continue;
        packet.claimed_length = static_cast<std::uint16_t>(length);
        const auto out = lb().receive(packet);
        EXPECT_EQ(out.action, XDP_DROP) << length;
        EXPECT_EQ(out.verdict, LB_DROP_MALFORMED) << length;
    }
}

}  // namespace
}  // namespace lb::test
