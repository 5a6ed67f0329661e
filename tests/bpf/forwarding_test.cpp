// SPDX-License-Identifier: Apache-2.0
/// What leaves for a backend equals, byte for byte, what the independent builder expects.
#include <set>

#include <gtest/gtest.h>
#include <linux/bpf.h>

#include "every_mix.hpp"

namespace lb::test {
namespace {

INSTANTIATE_TEST_SUITE_P(Forwarding, EveryMix, every_mix(), mix_name);

TEST_P(EveryMix, SendsTheWholePacketToTheBackend) {
    const auto out = lb().receive(packet());
    EXPECT_EQ(out.action, XDP_TX);
    EXPECT_EQ(out.verdict, LB_FORWARD);
    EXPECT_EQ(out.packet, lb().expected(packet(), 0));
}

TEST_P(EveryMix, WritesEveryByteOfANewHeader) {
    for (const auto filling : Octets{0xa5, 0x5a}) {
        const auto out = lb().receive_dirty(packet().frame(), filling);
        EXPECT_EQ(out.verdict, LB_FORWARD);
        EXPECT_EQ(out.packet, lb().expected(packet(), 0));
    }
}

TEST_P(EveryMix, RedirectsWhenTheBackendIsBehindAnotherInterface) {
    lb().backends()[0].nexthop = nexthop(backend_mac(0), kElsewhere);
    const auto out = lb().receive(packet());
    EXPECT_EQ(out.action, XDP_REDIRECT);
    EXPECT_EQ(out.verdict, LB_FORWARD_REDIRECT);
    EXPECT_EQ(out.packet, lb().expected(packet(), 0, kElsewhere));
}

TEST_P(EveryMix, CarriesDscpAndEcnOutside) {
    for (int traffic_class = 0; traffic_class < 256; ++traffic_class) {
        auto in = packet();
        in.traffic_class = static_cast<std::uint8_t>(traffic_class);
        ASSERT_EQ(lb().receive(in).packet, lb().expected(in, 0)) << "class " << traffic_class;
    }
}

TEST_P(EveryMix, TakesOneFromTheTtlAndKeepsTheChecksumRight) {
    for (int ttl = 2; ttl < 256; ++ttl) {
        auto in = packet();
        in.ttl = static_cast<std::uint8_t>(ttl);
        ASSERT_EQ(lb().receive(in).packet, lb().expected(in, 0)) << "ttl " << ttl;
    }
}

TEST_P(EveryMix, KeepsTheChecksumRightForEveryIpv4Id) {
    if (!packet().destination.address.is_v4()) return;  // nothing to keep
    for (unsigned id = 0; id <= 0xffff; id += 13) {
        auto in = packet();
        in.id = static_cast<std::uint16_t>(id);
        ASSERT_EQ(lb().receive(in).packet, lb().expected(in, 0)) << "id " << id;
    }
}

TEST_P(EveryMix, DropsWhatWouldLiveNoLonger) {
    for (const auto ttl : Octets{0, 1}) {
        auto in = packet();
        in.ttl = ttl;
        const auto out = lb().receive(in);
        EXPECT_EQ(out.action, XDP_DROP);
        EXPECT_EQ(out.verdict, LB_DROP_TTL);
    }
}

TEST_P(EveryMix, ForwardsUpToTheMtuOfTheEgressAndNoByteMore) {
    const auto outer = lb().expected(packet(), 0).bytes.size() - packet().frame().bytes.size();
    auto in = packet();
    in.payload.resize(in.payload.size() + kMtu - in.ip().size() - outer, 0x77);
    EXPECT_EQ(lb().receive(in).packet, lb().expected(in, 0));
    in.payload.push_back(0x77);
    lb().settings().budget[LB_BUDGET_TOO_BIG] = 0;  // else: too_big_test.cpp
    const auto out = lb().receive(in);
    EXPECT_EQ(out.action, XDP_DROP);
    EXPECT_EQ(out.verdict, LB_DROP_MTU);
}

TEST_P(EveryMix, CountsFramesAndBytesOfVipAndBackendAsReceived) {
    const auto frame = packet().frame();
    lb().receive(frame);
    lb().receive(frame);
    for (const auto& count : {lb().vip_count(0), lb().backend_count(0)}) {
        EXPECT_EQ(count.packets, 2u);
        EXPECT_EQ(count.bytes, 2 * frame.bytes.size());
    }
}

using Forwarding = DatapathTest;

TEST_F(Forwarding, LeavesThePaddingOfAShortFrameOutOfTheTunnel) {
    lb().serve("192.0.2.10:80/tcp", {"198.51.100.7"});
    const auto in = syn("203.0.113.5:40000", "192.0.2.10:80");
    EXPECT_EQ(lb().receive(in.frame().padded_to(60, 0xee)).packet, lb().expected(in, 0));
    EXPECT_EQ(lb().receive_dirty(in.frame().padded_to(200, 0xee), 0xa5).packet,
              lb().expected(in, 0));
}

TEST_F(Forwarding, LeavesThePaddingOfAShortFrameAloneInL2) {
    lb().serve("192.0.2.10:80/tcp", {"198.51.100.7"}, LB_FORWARD_L2);
    const auto in = syn("203.0.113.5:40000", "192.0.2.10:80");
    EXPECT_EQ(lb().receive(in.frame().padded_to(60, 0xee)).packet,
              lb().expected(in, 0).padded_to(60, 0xee));
}

TEST_F(Forwarding, KeepsAWrongHeaderChecksumWrong) {
    lb().serve("192.0.2.10:80/tcp", {"198.51.100.7"});
    auto in = syn("203.0.113.5:40000", "192.0.2.10:80");
    in.claimed_checksum = 0x1234;
    const auto inner = lb().receive(in).packet.bytes;
    ASSERT_EQ(inner.size(), 14u + 20 + 40);
    EXPECT_NE(checksum(std::span{inner}.subspan(34, 20)), 0);
}

TEST_F(Forwarding, ChecksumsOfOuterHeadersAreRightForEverySum) {
    lb().serve("192.0.2.10:80/tcp", {"223.255.255.254"});  // large words, large carries
    const auto in = syn("203.0.113.5:40000", "192.0.2.10:80").frame();
    for (unsigned source = 0; source <= 0xffff; ++source) {
        lb().egresses()[kHere].source4[2] = static_cast<std::uint8_t>(source >> 8);
        lb().egresses()[kHere].source4[3] = static_cast<std::uint8_t>(source);
        const auto out = run(lb().program(), in).packet.bytes;
        ASSERT_EQ(out.size(), 14u + 20 + 40);
        ASSERT_EQ(checksum(std::span{out}.subspan(14, 20)), 0) << "source " << source;
    }
}

TEST_F(Forwarding, LabelsEvenTheFlowWhoseHashEndsInZeros) {
    lb().serve("[2001:db8:1::10]:80/tcp", {"2001:db8:2::7"});
    auto in = syn("[2001:db8::5]:1", "[2001:db8:1::10]:80");
    while ((lb().hash(in) & 0xfffff) != 0)
        if (++in.source.port == 0) ++in.source.address.bytes[14];
    const auto out = lb().receive(in);
    EXPECT_EQ(out.packet, lb().expected(in, 0));
    EXPECT_EQ(out.packet.bytes[17], 1);
}

TEST_F(Forwarding, SpreadsTheSourcePortsOfGueOverTheUpperHalf) {
    lb().serve("192.0.2.10:80/tcp", {"198.51.100.7"}, LB_FORWARD_GUE);
    std::set<int> ports;
    auto in = syn("203.0.113.5:1", "192.0.2.10:80");
    for (; in.source.port <= 1000; ++in.source.port) {
        const auto out = run(lb().program(), in.frame()).packet.bytes;
        ASSERT_EQ(out.size(), 14u + 20 + 12 + 40);
        ports.insert(out[34] << 8 | out[35]);
    }
    EXPECT_GE(*ports.begin(), 0x8000);
    EXPECT_GT(ports.size(), 950u);  // of 32768: chance leaves about 985 of 1000
}

TEST_F(Forwarding, ServesSeveralVipsOnOneAddress) {
    lb().serve("192.0.2.10:80/tcp", {"198.51.100.1"});
    lb().serve("192.0.2.10:80/udp", {"198.51.100.2"});
    lb().serve("192.0.2.10:81/tcp", {"198.51.100.3"});
    const auto a = syn("203.0.113.5:40000", "192.0.2.10:80");
    const auto b = datagram("203.0.113.5:40000", "192.0.2.10:80");
    const auto c = syn("203.0.113.5:40000", "192.0.2.10:81");
    EXPECT_EQ(lb().receive(a).packet, lb().expected(a, 0));
    EXPECT_EQ(lb().receive(b).packet, lb().expected(b, 1));
    EXPECT_EQ(lb().receive(c).packet, lb().expected(c, 2));
}

TEST_F(Forwarding, LetsADrainingBackendKeepItsSlots) {
    lb().serve("192.0.2.10:80/tcp", {"198.51.100.7"});
    lb().backends()[0].word ^= LB_BACKEND_READY ^ LB_BACKEND_DRAIN;
    EXPECT_EQ(lb().receive(syn("203.0.113.5:40000", "192.0.2.10:80")).verdict, LB_FORWARD);
}

}  // namespace
}  // namespace lb::test
