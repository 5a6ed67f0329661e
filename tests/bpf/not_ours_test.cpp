// SPDX-License-Identifier: Apache-2.0
/// Traffic that is not ours passes bit-identical, whatever is wrong with it.
#include <gtest/gtest.h>
#include <linux/bpf.h>

#include "support/datapath.hpp"

namespace lb::test {
namespace {

class NotOurs : public DatapathTest {
protected:
    void load() override {
        DatapathTest::load();
        lb().serve("192.0.2.10:80/tcp", {"198.51.100.7"});
        lb().serve("[2001:db8:1::10]:80/tcp", {"198.51.100.7"});
    }
    void passes(const Frame& frame, lb_verdict verdict = LB_PASS_NOT_OURS) {
        const auto out = lb().receive(frame);
        EXPECT_EQ(out.action, XDP_PASS);
        EXPECT_EQ(out.verdict, verdict);
        EXPECT_EQ(out.packet, frame);
    }
    void passes(const Packet& packet, lb_verdict verdict = LB_PASS_NOT_OURS) {
        passes(packet.frame(), verdict);
    }
};

Packet to_host4() {
    return syn("203.0.113.5:40000", "192.0.2.1:22");
}
Packet to_host6() {
    return syn("[2001:db8::5]:40000", "[2001:db8:1::1]:22");
}

TEST_F(NotOurs, PassesWhatIsForTheHost) {
    passes(to_host4());
    passes(to_host6());
    passes(datagram("203.0.113.5:40000", "192.0.2.1:80"));
    passes(to_host4().frame().padded_to(60, 0xee));
}

TEST_F(NotOurs, PassesOtherPortsAndProtocolsOfAVipAddress) {
    passes(syn("203.0.113.5:40000", "192.0.2.10:22"), LB_PASS_UNMATCHED);
    passes(datagram("203.0.113.5:40000", "192.0.2.10:80"), LB_PASS_UNMATCHED);
    passes(syn("[2001:db8::5]:40000", "[2001:db8:1::10]:22"), LB_PASS_UNMATCHED);
}

TEST_F(NotOurs, PassesEverythingButTcpAndUdpToAVipAddress) {
    for (auto packet :
         {syn("203.0.113.5:1", "192.0.2.10:80"), syn("[2001:db8::5]:1", "[2001:db8:1::10]:80")}) {
        packet.payload = Bytes(24, 0x08);
        for (int protocol = 0; protocol < 256; ++protocol) {
            const bool is_v6 = !packet.destination.address.is_v4();
            packet.protocol = static_cast<std::uint8_t>(protocol);
            if (protocol == IPPROTO_TCP || protocol == IPPROTO_UDP) continue;
            if (is_v6 && (protocol == IPPROTO_HOPOPTS || protocol == IPPROTO_ROUTING ||
                          protocol == IPPROTO_FRAGMENT || protocol == IPPROTO_DSTOPTS))
                continue;
            if (protocol == IPPROTO_IPIP || protocol == IPPROTO_IPV6) continue;  // vip_policy_test
            passes(packet, LB_PASS_UNMATCHED);
        }
    }
}

TEST_F(NotOurs, PassesFragmentedPingsToAVipAddress) {
    auto ping = syn("203.0.113.5:1", "192.0.2.10:80");
    ping.protocol = IPPROTO_ICMP;
    ping.fragment_offset = 100;
    ping.payload = Bytes(64, 0x08);
    passes(ping, LB_PASS_UNMATCHED);
    auto ping6 = syn("[2001:db8::5]:1", "[2001:db8:1::10]:80");
    ping6.protocol = IPPROTO_ICMPV6;
    ping6.extensions = {fragment_header(100, false)};
    ping6.payload = Bytes(64, 0x80);
    passes(ping6, LB_PASS_UNMATCHED);
}

TEST_F(NotOurs, PassesFragmentsOptionsAndExtensionHeadersForTheHost) {
    auto fragment = to_host4();
    fragment.more_fragments = true;
    passes(fragment);
    fragment.fragment_offset = 7;
    fragment.payload = Bytes(32, 0x11);
    passes(fragment);
    auto options = to_host4();
    options.options = {0x94, 0x04, 0, 0};
    passes(options);
    for (const auto type : Octets{IPPROTO_HOPOPTS, IPPROTO_ROUTING, IPPROTO_DSTOPTS}) {
        auto extended = to_host6();
        extended.extensions = {{type}};
        passes(extended);
        extended.extensions.assign(9, {type});
        passes(extended);
        extended.extensions = {long_header(type, 250)};
        passes(extended);
    }
    auto routed = to_host4();
    routed.options = {131, 7, 4, 192, 0, 2, 10, 0};
    passes(routed);
    auto routed6 = to_host6();
    routed6.extensions = {routing_header(0, 1)};
    passes(routed6);
    auto fragment6 = to_host6();
    fragment6.extensions = {fragment_header(0, true)};
    passes(fragment6);
}

TEST_F(NotOurs, PassesOptionsAndFirstFragmentsForOtherPortsOfAVipAddress) {
    auto packet = syn("203.0.113.5:40000", "192.0.2.10:22");
    packet.more_fragments = true;
    passes(packet, LB_PASS_UNMATCHED);
    packet.options = Bytes(40, 0x01);
    passes(packet, LB_PASS_UNMATCHED);
    packet.more_fragments = false;
    passes(packet, LB_PASS_UNMATCHED);
}

TEST_F(NotOurs, PassesExtensionHeadersForOtherPortsOfAVipAddress) {
    auto packet = syn("[2001:db8::5]:40000", "[2001:db8:1::10]:22");
    packet.extensions = {{IPPROTO_HOPOPTS}, routing_header(0, 1), {IPPROTO_DSTOPTS}};
    passes(packet, LB_PASS_UNMATCHED);
    packet.protocol = IPPROTO_ICMPV6;
    packet.payload = Bytes(24, 0x80);
    passes(packet, LB_PASS_UNMATCHED);
}

TEST_F(NotOurs, PassesBrokenPacketsForTheHost) {
    auto packet = to_host4();
    for (const auto length : Words{0, 19, 20, 39, 41, 65535}) {
        packet.claimed_length = length;
        passes(packet);
    }
    packet.claimed_version = 7;
    passes(packet);
    packet.claimed_header_words = 2;
    passes(packet);
}

TEST_F(NotOurs, PassesOtherEthernetTypes) {
    passes(ethernet(0x0806, Bytes(28, 0x01)), LB_PASS_NOT_IP);
    passes(ethernet(0x88cc, Bytes(50, 0x02)), LB_PASS_NOT_IP);
    passes(ethernet(0x0000, {}), LB_PASS_NOT_IP);
}

TEST_F(NotOurs, PassesEverythingWhileNothingIsServed) {
    Datapath empty;
    const auto frame = syn("203.0.113.5:40000", "192.0.2.10:80").frame();
    const auto out = empty.receive(frame);
    EXPECT_EQ(out.verdict, LB_PASS_NOT_OURS);
    EXPECT_EQ(out.packet, frame);
}

}  // namespace
}  // namespace lb::test
