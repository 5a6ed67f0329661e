// SPDX-License-Identifier: Apache-2.0
/// What does not fit through the tunnel: the client learns what does.
#include <gtest/gtest.h>
#include <linux/bpf.h>

#include "support/datapath.hpp"
#include "support/icmp.hpp"

namespace lb::test {
namespace {

constexpr std::size_t kEthernet = 14;

struct Case {
    const char* name;
    const char* client;
    const char* vip;
    const char* backend;
    lb_forward_mode forward;
    std::uint32_t outer;  // bytes
};
constexpr Case kCases[] = {
    {"v4in4", "203.0.113.5:40000", "192.0.2.10:80", "198.51.100.7", LB_FORWARD_IPIP, 20},
    {"v4in6", "203.0.113.5:40000", "192.0.2.10:80", "2001:db8:2::7", LB_FORWARD_IPIP, 40},
    {"v6in4", "[2001:db8::5]:40000", "[2001:db8:1::10]:80", "198.51.100.7", LB_FORWARD_IPIP, 20},
    {"v6in6", "[2001:db8::5]:40000", "[2001:db8:1::10]:80", "2001:db8:2::7", LB_FORWARD_IPIP, 40},
    {"v4l2", "203.0.113.5:40000", "192.0.2.10:80", "198.51.100.7", LB_FORWARD_L2, 0},
    {"v6l2", "[2001:db8::5]:40000", "[2001:db8:1::10]:80", "2001:db8:2::7", LB_FORWARD_L2, 0},
};

class TooBig : public DatapathTest, public testing::WithParamInterface<Case> {
protected:
    void load() override {
        DatapathTest::load();
        lb().serve(std::string{GetParam().vip} + "/tcp", {GetParam().backend}, GetParam().forward);
    }
    static bool is_v4() { return in(0).destination.address.is_v4(); }
    /// A segment whose IP packet has so many bytes.
    static Packet in(std::size_t size) {
        auto packet = syn(GetParam().client, GetParam().vip);
        packet.tcp_flags = 0x10;
        const auto headers = packet.ip().size();
        for (std::size_t i = headers; i < size; ++i)
            packet.payload.push_back(static_cast<std::uint8_t>(i * 31));
        return packet;
    }
    static std::uint32_t fits() { return kMtu - GetParam().outer; }
    /// The message that `in` must cause.
    static Frame answer_to(const Packet& in, std::uint32_t mtu) {
        const auto from = in.destination.address.text(), to = in.source.address.text();
        const std::size_t quote = is_v4() ? 576 - 28 : 1280 - 48;
        const IcmpHeader header{static_cast<std::uint8_t>(is_v4() ? 3 : 2),
                                static_cast<std::uint8_t>(is_v4() ? 4 : 0), mtu};
        auto answer = icmp(from, to, header, quote_of(in, quote));
        answer.id = 0;
        if (is_v4()) answer.traffic_class = 0xc0;
        return answer.between(in.to_mac, in.from_mac).frame();
    }
    void drops(const Packet& packet) {
        const auto out = lb().receive(packet);
        EXPECT_EQ(out.action, XDP_DROP);
        EXPECT_EQ(out.verdict, LB_DROP_MTU);
    }
};

INSTANTIATE_TEST_SUITE_P(Every, TooBig, testing::ValuesIn(kCases),
                         [](const auto& one) { return one.param.name; });

TEST_P(TooBig, IsAnsweredWithWhatFitsAndThePacketAsItCame) {
    for (const std::uint32_t more : {1u, 2u, 100u, 1000u}) {
        const auto packet = in(fits() + more);
        const auto out = lb().receive_dirty(packet.frame(), 0xa5);
        EXPECT_EQ(out.action, XDP_TX);
        EXPECT_EQ(out.verdict, LB_REPLY_TOO_BIG);
        EXPECT_EQ(out.packet, answer_to(packet, fits())) << more;
    }
    EXPECT_EQ(lb().receive(in(fits())).verdict, LB_FORWARD);
    EXPECT_EQ(lb().backend_count(0).packets, 1u);
}

TEST_P(TooBig, IsDroppedOverTheBudget) {
    lb().settings().budget[LB_BUDGET_TOO_BIG] = 0;
    drops(in(fits() + 1));
}

TEST_P(TooBig, IsDroppedIfItMayBeFragmented) {
    if (!is_v4()) return;  // IPv6 never may
    auto packet = in(fits() + 1);
    packet.dont_fragment = false;
    drops(packet);
}

TEST_P(TooBig, IsDroppedIfNobodyCouldHaveSentIt) {
    auto packet = in(fits() + 1);
    packet.source.address = is_v4() ? address("224.0.0.9") : address("ff02::9");
    drops(packet);
    packet.source.address = packet.destination.address;
    drops(packet);
    packet = in(fits() + 1);
    packet.to_mac[0] = 0x33;
    drops(packet);
}

TEST_P(TooBig, NeverAsksForLessThanTheLeastMtu) {
    const std::uint32_t least = is_v4() ? 576 : 1280;
    lb().egresses()[kHere].mtu = least + GetParam().outer;
    const auto packet = in(least + 1);
    EXPECT_EQ(lb().receive(packet).packet, answer_to(packet, least));
    lb().egresses()[kHere].mtu--;
    drops(packet);
    lb().egresses()[kHere].mtu = 10;
    drops(packet);
}

TEST_P(TooBig, SaysNoMoreThanAnIpPacketHolds) {
    lb().egresses()[kHere].mtu = 1u << 20;
    EXPECT_EQ(lb().receive(in(2000)).verdict, LB_FORWARD);
}

TEST_P(TooBig, LeavesOldAgeForThePacketsThatFit) {
    auto packet = in(fits() + 1);
    packet.ttl = 1;
    EXPECT_EQ(lb().receive(packet).packet, answer_to(packet, fits()));
}

TEST_P(TooBig, CutShortIsNoAnswer) {
    const auto frame = in(fits() + 1).frame();
    for (std::size_t size = kEthernet; size < frame.bytes.size(); size += 13)
        ASSERT_NE(lb().receive(frame.cut(size)).action, XDP_TX) << size;
}

}  // namespace
}  // namespace lb::test
