// SPDX-License-Identifier: Apache-2.0
/// Ours and broken: a drop, counted under its reason, never a pass.
#include <gtest/gtest.h>
#include <linux/bpf.h>

#include "support/datapath.hpp"

namespace lb::test {
namespace {

class Drops : public DatapathTest {
protected:
    void load() override {
        DatapathTest::load();
        lb().serve("192.0.2.10:80/tcp", {"198.51.100.7"});
        lb().serve("[2001:db8:1::10]:80/tcp", {"2001:db8:2::7"});
    }
    void drops(const Frame& frame, lb_verdict verdict) {
        const auto out = lb().receive(frame);
        EXPECT_EQ(out.action, XDP_DROP);
        EXPECT_EQ(out.verdict, verdict);
        EXPECT_EQ(lb().backend_count(0).packets + lb().backend_count(1).packets, 0u);
    }
    void drops(const Packet& packet, lb_verdict verdict) { drops(packet.frame(), verdict); }
};

Packet to_vip4() {
    return syn("203.0.113.5:40000", "192.0.2.10:80");
}
Packet to_vip6() {
    return syn("[2001:db8::5]:40000", "[2001:db8:1::10]:80");
}

TEST_F(Drops, FirstFragments) {
    auto packet = to_vip4();
    packet.more_fragments = true;
    drops(packet, LB_DROP_FRAGMENT);
    EXPECT_EQ(lb().vip_count(0).packets, 1u);
}

TEST_F(Drops, LaterFragmentsToTheAddressOfAVip) {
    auto packet = to_vip4();
    packet.fragment_offset = 1;
    packet.payload = to_vip4().ip();
    drops(packet, LB_DROP_FRAGMENT);
    for (const auto offset : Words{0x1000, 0x1fff}) {
        packet.fragment_offset = offset;
        drops(packet, LB_DROP_FRAGMENT);
    }
    packet.protocol = IPPROTO_UDP;
    drops(packet, LB_DROP_FRAGMENT);
    EXPECT_EQ(lb().vip_count(0).packets, 0u);  // whose, their ports would have told
}

TEST_F(Drops, Ipv6FragmentsToTheAddressOfAVip) {
    auto packet = to_vip6();
    packet.extensions = {fragment_header(0, true)};
    drops(packet, LB_DROP_FRAGMENT);
    packet.extensions = {fragment_header(9, false)};
    drops(packet, LB_DROP_FRAGMENT);
}

TEST_F(Drops, MoreExtensionHeadersThanAnybodyNeeds) {
    auto packet = to_vip6();
    packet.extensions.assign(5, {IPPROTO_DSTOPTS});
    drops(packet, LB_DROP_EXTENSION_HEADER);
    packet.extensions.assign(20, {IPPROTO_HOPOPTS});
    drops(packet, LB_DROP_EXTENSION_HEADER);
    EXPECT_EQ(lb().vip_count(1).packets, 0u);  // whose, their ports would have told
}

TEST_F(Drops, Ipv6RoutesStillToBeTaken) {
    for (const auto type : Octets{0, 2, 3, 4, 255})
        for (const auto left : Octets{1, 2, 255}) {
            auto packet = to_vip6();
            packet.extensions = {routing_header(type, left)};
            drops(packet, LB_DROP_SOURCE_ROUTE);
            packet.extensions = {{IPPROTO_HOPOPTS}, routing_header(type, left), {IPPROTO_DSTOPTS}};
            drops(packet, LB_DROP_SOURCE_ROUTE);
        }
}

TEST_F(Drops, ExtensionHeadersLongerThanThePacket) {
    auto packet = to_vip6();
    packet.extensions = {long_header(IPPROTO_DSTOPTS, 1)};
    for (const auto more : Octets{4, 5, 100, 255}) {  // 4: to the last byte but three
        packet.extensions[0].rest[0] = more;
        drops(packet, LB_DROP_MALFORMED);
    }
}

TEST_F(Drops, ExtensionHeadersInThePadding) {
    auto packet = to_vip6();
    packet.extensions = {{IPPROTO_DSTOPTS}, {IPPROTO_DSTOPTS}};
    for (const auto length : Words{0, 7, 8, 15, 16, 19, 35}) {
        packet.claimed_length = length;
        drops(packet, LB_DROP_MALFORMED);
    }
}

TEST_F(Drops, SourceRoutesWhereverTheyStand) {
    for (const auto route : Octets{131, 137})
        for (std::size_t before = 0; before + 4 <= 40; ++before) {
            auto packet = to_vip4();
            packet.options = Bytes(before, 0x01);
            packet.options.insert(packet.options.end(), {route, 3, 4});
            packet.options.resize((packet.options.size() + 3) / 4 * 4, 0x00);
            drops(packet, LB_DROP_SOURCE_ROUTE);
        }
}

TEST_F(Drops, SourceRoutesBehindOtherOptions) {
    auto packet = to_vip4();
    packet.options = {7, 7, 4, 131, 131, 131, 131, 1, 131, 3, 4, 0};
    drops(packet, LB_DROP_SOURCE_ROUTE);
}

TEST_F(Drops, OptionsWhoseLengthCannotBe) {
    for (const auto length : Octets{0, 1, 5, 40, 255}) {
        auto packet = to_vip4();
        packet.options = {7, length, 4, 0};
        drops(packet, LB_DROP_MALFORMED);
    }
    auto packet = to_vip4();
    packet.options = {1, 1, 1, 7};  // its length would be the first byte of the TCP header
    drops(packet, LB_DROP_MALFORMED);
}

TEST_F(Drops, LengthsThatCannotBe) {
    auto packet = to_vip4();
    for (const auto length : Words{0, 19, 20, 23, 24, 39, 41, 65535}) {
        packet.claimed_length = length;
        drops(packet, LB_DROP_MALFORMED);
    }
    auto packet6 = to_vip6();
    for (const auto length : Words{0, 3, 4, 19, 21, 65535}) {
        packet6.claimed_length = length;
        drops(packet6, LB_DROP_MALFORMED);
    }
}

TEST_F(Drops, PaddingThatPosesAsTheRestOfThePacket) {
    auto packet = to_vip4();
    packet.claimed_length = 22;
    drops(packet.frame().padded_to(60), LB_DROP_MALFORMED);
}

TEST_F(Drops, PaddingThatPosesAsAnotherPort) {
    auto packet = syn("203.0.113.5:40000", "192.0.2.10:22");
    packet.claimed_length = 23;
    drops(packet.frame(), LB_DROP_MALFORMED);
}

TEST_F(Drops, UdpShorterThanItsHeader) {
    lb().serve("192.0.2.10:53/udp", {"198.51.100.7"});
    auto packet = datagram("203.0.113.5:40000", "192.0.2.10:53");
    packet.claimed_length = 27;
    drops(packet, LB_DROP_MALFORMED);
}

TEST_F(Drops, HeadersThatContradictTheEthernetType) {
    auto packet = to_vip4();
    packet.claimed_version = 6;
    drops(packet, LB_DROP_MALFORMED);
    packet.claimed_version.reset();
    packet.claimed_header_words = 4;
    drops(packet, LB_DROP_MALFORMED);
    auto packet6 = to_vip6();
    packet6.claimed_version = 4;
    drops(packet6, LB_DROP_MALFORMED);
}

TEST_F(Drops, OptionsLongerThanThePacket) {
    auto packet = to_vip4();
    packet.claimed_header_words = 15;
    drops(packet, LB_DROP_MALFORMED);
}

TEST_F(Drops, SlotsWithoutABackend) {
    lb().slot_of(to_vip4(), 0) = LB_SLOT_NONE;
    drops(to_vip4(), LB_DROP_NO_BACKEND);
    EXPECT_EQ(lb().vip_count(0).packets, 1u);
}

TEST_F(Drops, BackendsThatAreOff) {
    lb().backends()[0].word &= ~LB_BACKEND_STATE_MASK;
    drops(to_vip4(), LB_DROP_BACKEND_OFF);
}

TEST_F(Drops, IndicesThatNobodyHas) {
    lb().slot_of(to_vip4(), 0) = lb().backends().size();
    drops(to_vip4(), LB_DROP_BAD_REF);
    lb().slot_of(to_vip4(), 0) = LB_SLOT_NONE - 1;
    drops(to_vip4(), LB_DROP_BAD_REF);
    lb().slot_of(to_vip4(), 0) = 9;  // never given to a backend: birth 0
    drops(to_vip4(), LB_DROP_BAD_REF);
}

TEST_F(Drops, VipsThatAreNotThere) {
    const auto published = lb().vips()[0].word;
    lb().vips()[0].word = 0;
    drops(to_vip4(), LB_DROP_BAD_REF);
    lb().vips()[0].word = lb().slots().size() | 13ull << LB_VIP_SIZE_SHIFT;
    drops(to_vip4(), LB_DROP_BAD_REF);
    lb().vips()[0].word = published;
    lb().index("192.0.2.10:80/tcp", static_cast<std::uint32_t>(lb().vips().size()));
    drops(to_vip4(), LB_DROP_BAD_REF);
    lb().index("192.0.2.10:80/tcp", LB_VIP_NONE);
    drops(to_vip4(), LB_DROP_BAD_REF);
}

TEST_F(Drops, BackendsWhoseNextHopIsUnknown) {
    lb().backends()[0].nexthop = 0;
    drops(to_vip4(), LB_DROP_NO_NEIGHBOUR);
}

TEST_F(Drops, NextHopsWithoutAnEgress) {
    for (const auto egress : Words{3, LB_MAX_EGRESSES, 0xffff}) {
        lb().backends()[0].nexthop = nexthop(backend_mac(0), egress);
        drops(to_vip4(), LB_DROP_BAD_REF);
    }
}

TEST_F(Drops, ForwardModesThatDoNotExist) {
    lb().backends()[0].word |= 5ull << LB_BACKEND_FORWARD_SHIFT;
    drops(to_vip4(), LB_DROP_BAD_REF);
}

TEST_F(Drops, TunnelsWithoutASourceAddressOfTheirFamily) {
    lb_egress& egress = lb().egresses()[kHere];
    std::fill(std::begin(egress.source4), std::end(egress.source4), std::uint8_t{0});
    drops(to_vip4(), LB_DROP_NO_SOURCE);
    std::fill(std::begin(egress.source6), std::end(egress.source6), std::uint8_t{0});
    drops(to_vip6(), LB_DROP_NO_SOURCE);
}

TEST_F(Drops, NothingOfL2ForWantOfAnAddress) {
    lb().serve("192.0.2.10:81/tcp", {"198.51.100.8"}, LB_FORWARD_L2);
    lb_egress& egress = lb().egresses()[kHere];
    std::fill(std::begin(egress.source4), std::end(egress.source4), std::uint8_t{0});
    EXPECT_EQ(lb().receive(syn("203.0.113.5:40000", "192.0.2.10:81")).verdict, LB_FORWARD);
}

}  // namespace
}  // namespace lb::test
