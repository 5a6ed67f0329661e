// SPDX-License-Identifier: Apache-2.0
/// Jumbo frames: the kernel holds them in several pieces, of which the program sees the first.
#include <gtest/gtest.h>
#include <linux/bpf.h>

#include "every_mix.hpp"
#include "support/datapath.hpp"
#include "support/icmp.hpp"

namespace lb::test {
namespace {

constexpr std::uint32_t kLargeMtu = 9000;

class JumboFrames : public DatapathTest {
protected:
    void load() override {
        DatapathTest::load();
        for (const auto egress : {kHere, kElsewhere})
            lb().egresses()[egress].mtu = kLargeMtu;
    }
    /// Of a connection, with so many bytes of IP packet.
    static Packet packet(bool ipv6, std::size_t length) {
        auto packet = ipv6 ? syn("[2001:db8::5]:40000", "[2001:db8:1::10]:80")
                           : syn("203.0.113.5:40000", "192.0.2.10:80");
        packet.tcp_flags = 0x10;
        packet.dont_fragment = true;
        const auto bare = packet.ip().size();
        for (std::size_t i = bare; i < length; ++i)
            packet.payload.push_back(static_cast<std::uint8_t>(i * 7));
        return packet;
    }
    void serve(const std::string& backend4, const std::string& backend6, lb_forward_mode mode) {
        lb().serve("192.0.2.10:80/tcp", {backend4}, mode);
        lb().serve("[2001:db8:1::10]:80/tcp", {backend6}, mode);
    }
};

TEST_F(JumboFrames, AreForwardedWhole) {
    for (const auto mode : {LB_FORWARD_IPIP, LB_FORWARD_GUE, LB_FORWARD_L2}) {
        load();
        serve("198.51.100.7", "2001:db8:2::7", mode);
        for (const bool ipv6 : {false, true})
            for (const std::size_t length : {3000u, 4096u, 8000u, 8948u}) {
                const auto in = packet(ipv6, length);
                const auto before = lb().backend_count(ipv6).bytes;
                const auto out = lb().receive(in);
                EXPECT_EQ(out.verdict, LB_FORWARD) << mode << ' ' << ipv6 << ' ' << length;
                EXPECT_EQ(out.packet, lb().expected(in, ipv6)) << mode << ' ' << ipv6;
                EXPECT_EQ(lb().backend_count(ipv6).bytes - before, in.frame().bytes.size());
            }
    }
}

TEST_F(JumboFrames, LoseTheirPaddingInATunnel) {
    serve("198.51.100.7", "2001:db8:2::7", LB_FORWARD_IPIP);
    const auto in = packet(false, 6000);
    auto frame = in.frame();
    frame.bytes.resize(frame.bytes.size() + 1500, 0x55);
    const auto out = lb().receive(frame);
    EXPECT_EQ(out.verdict, LB_FORWARD);
    EXPECT_EQ(out.packet, lb().expected(in, 0));
}

TEST_F(JumboFrames, ThatAreNotOursPassUntouched) {
    serve("198.51.100.7", "2001:db8:2::7", LB_FORWARD_IPIP);
    auto in = packet(false, 8000);
    in.destination.address = address("192.0.2.99");
    const auto out = lb().receive(in);
    EXPECT_EQ(out.verdict, LB_PASS_NOT_OURS);
    EXPECT_EQ(out.packet, in.frame());
}

TEST_F(JumboFrames, ThatSayTheyAreLongerAreMalformed) {
    serve("198.51.100.7", "2001:db8:2::7", LB_FORWARD_IPIP);
    for (const bool ipv6 : {false, true}) {
        auto frame = packet(ipv6, 8000).frame();
        frame.bytes.pop_back();
        EXPECT_EQ(lb().receive(frame).verdict, LB_DROP_MALFORMED) << ipv6;
    }
}

TEST_F(JumboFrames, ThatDoNotFitAreAnsweredTooBig) {
    serve("198.51.100.7", "2001:db8:2::7", LB_FORWARD_IPIP);
    for (const bool ipv6 : {false, true}) {
        const std::size_t most = kLargeMtu - (ipv6 ? 40 : 20);
        EXPECT_EQ(lb().receive(packet(ipv6, most)).verdict, LB_FORWARD) << ipv6;
        const auto out = lb().receive(packet(ipv6, most + 1));
        EXPECT_EQ(out.verdict, LB_REPLY_TOO_BIG) << ipv6;
        EXPECT_EQ(out.packet.bytes.size(), 14u + (ipv6 ? 1280 : 576));
    }
}

}  // namespace
}  // namespace lb::test
