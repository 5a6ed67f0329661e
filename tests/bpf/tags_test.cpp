// SPDX-License-Identifier: Apache-2.0
/// Tagged frames (802.1Q, 802.1ad): balanced like others, and tagged as the link wants it.
#include <algorithm>
#include <vector>

#include <gtest/gtest.h>
#include <linux/bpf.h>

#include "every_mix.hpp"

namespace lb::test {
namespace {

/// From the innermost on.
using Tagging = std::vector<std::pair<std::uint16_t, std::uint16_t>>;

const Tagging kTaggings[] = {
    {{0xe007, kDot1q}},
    {{0x0fff, kDot1ad}},
    {{0x0007, kDot1q}, {0x6008, kDot1ad}},
    {{0x0007, kDot1q}, {0x0000, kDot1q}},
};

Frame with(const Tagging& tags, Frame frame) {
    for (const auto& [control, protocol] : tags)
        frame = frame.tagged(control, protocol);
    return frame;
}

class Tags : public EveryMix {};

INSTANTIATE_TEST_SUITE_P(Tags, Tags, every_mix(), mix_name);

TEST_P(Tags, StayWhereTheyWereWhenTheFrameLeavesWhereItCameIn) {
    for (const auto& tags : kTaggings) {
        const auto out = lb().receive(with(tags, packet().frame()));
        EXPECT_EQ(out.verdict, LB_FORWARD);
        EXPECT_EQ(out.packet, with(tags, lb().expected(packet(), 0)));
    }
}

TEST_P(Tags, AreWrittenToTheLastByte) {
    for (const auto& tags : kTaggings)
        for (const auto filling : Octets{0xa5, 0x5a})
            EXPECT_EQ(lb().receive_dirty(with(tags, packet().frame()), filling).packet,
                      with(tags, lb().expected(packet(), 0)));
}

TEST_P(Tags, DoNotFollowTheFrameToAnotherInterface) {
    lb().backends()[0].nexthop = nexthop(backend_mac(0), kElsewhere);
    for (const auto& tags : kTaggings) {
        const auto out = lb().receive(with(tags, packet().frame()));
        EXPECT_EQ(out.verdict, LB_FORWARD_REDIRECT);
        EXPECT_EQ(out.packet, lb().expected(packet(), 0, kElsewhere));
    }
}

TEST_P(Tags, DoNotCountForTheMtu) {
    const auto outer = lb().expected(packet(), 0).bytes.size() - packet().frame().bytes.size();
    auto in = packet();
    in.payload.resize(in.payload.size() + kMtu - in.ip().size() - outer, 0x77);
    EXPECT_EQ(lb().receive(with(kTaggings[2], in.frame())).packet,
              with(kTaggings[2], lb().expected(in, 0)));
    in.payload.push_back(0x77);
    EXPECT_EQ(lb().receive(with(kTaggings[2], in.frame())).verdict, LB_DROP_MTU);
}

TEST_P(Tags, CountAsBytesOfTheFrame) {
    const auto frame = with(kTaggings[2], packet().frame());
    lb().receive(frame);
    EXPECT_EQ(lb().vip_count(0).bytes, frame.bytes.size());
    EXPECT_EQ(lb().backend_count(0).bytes, frame.bytes.size());
}

TEST_P(Tags, DoNotHideATruncation) {
    for (const auto& tags : kTaggings) {
        const auto whole = with(tags, packet().frame());
        const auto address_end =
            14 + 4 * tags.size() + (packet().destination.address.is_v4() ? 20 : 40);
        for (std::size_t size = 14; size < whole.bytes.size(); ++size) {
            const auto out = lb().receive(whole.cut(size));
            if (size < address_end) {
                ASSERT_EQ(out.verdict, LB_PASS_TRUNCATED) << size;
                ASSERT_EQ(out.packet, whole.cut(size)) << size;
            } else {
                ASSERT_EQ(out.action, XDP_DROP) << size;
            }
        }
    }
}

TEST_P(Tags, PassUntouchedWhenTheFrameIsNotOurs) {
    auto other = packet();
    other.destination.port = 22;
    auto host = packet();
    host.destination.address.bytes[15] ^= 1;
    for (const auto& tags : kTaggings)
        for (const auto& [packet, verdict] :
             {std::pair{other, LB_PASS_UNMATCHED}, std::pair{host, LB_PASS_NOT_OURS}}) {
            const auto frame = with(tags, packet.frame());
            const auto out = lb().receive(frame);
            EXPECT_EQ(out.action, XDP_PASS);
            EXPECT_EQ(out.verdict, verdict);
            EXPECT_EQ(out.packet, frame);
        }
}

TEST_P(Tags, BeyondTheSecondAreNotRead) {
    const auto frame = with({{7, kDot1q}, {8, kDot1q}, {9, kDot1ad}}, packet().frame());
    const auto out = lb().receive(frame);
    EXPECT_EQ(out.action, XDP_PASS);
    EXPECT_EQ(out.verdict, LB_PASS_NOT_IP);
    EXPECT_EQ(out.packet, frame);
}

TEST_P(Tags, OfAShortFrameLeaveItsPaddingBehindInATunnelOnly) {
    auto in = packet();
    in.payload.clear();
    const auto padded = with(kTaggings[0], in.frame()).padded_to(100, 0xee);
    const auto out = lb().receive(padded);
    const auto sent = with(kTaggings[0], lb().expected(in, 0));
    EXPECT_EQ(out.packet, way().forward == LB_FORWARD_L2 ? sent.padded_to(100, 0xee) : sent);
}

/// Next hops on a VLAN interface: the frame leaves with its tag, whatever it came with.
class PushedTags : public EveryMix {
protected:
    void load() override {
        EveryMix::load();
        for (const auto egress : {kHere, kElsewhere})
            std::ranges::copy(Octets{0x81, 0x00, 0x00, 0x2a}, lb().egresses()[egress].tag);
    }
    static Frame tagged(const Frame& frame) { return frame.tagged(42); }
};

INSTANTIATE_TEST_SUITE_P(Tags, PushedTags, every_mix(), mix_name);

TEST_P(PushedTags, StandInFrontOfTheNewHeader) {
    EXPECT_EQ(lb().receive(packet()).packet, tagged(lb().expected(packet(), 0)));
    for (const auto filling : Octets{0xa5, 0x5a})
        EXPECT_EQ(lb().receive_dirty(packet().frame(), filling).packet,
                  tagged(lb().expected(packet(), 0)));
}

TEST_P(PushedTags, ReplaceThoseOfTheOtherNetwork) {
    for (const auto& tags : kTaggings)
        EXPECT_EQ(lb().receive(with(tags, packet().frame())).packet,
                  tagged(lb().expected(packet(), 0)));
}

TEST_P(PushedTags, LeaveThroughAnotherInterfaceToo) {
    lb().backends()[0].nexthop = nexthop(backend_mac(0), kElsewhere);
    const auto out = lb().receive(with(kTaggings[0], packet().frame()));
    EXPECT_EQ(out.verdict, LB_FORWARD_REDIRECT);
    EXPECT_EQ(out.packet, tagged(lb().expected(packet(), 0, kElsewhere)));
}

TEST_P(PushedTags, DoNotCountForTheMtu) {
    const auto outer = lb().expected(packet(), 0).bytes.size() - packet().frame().bytes.size();
    auto in = packet();
    in.payload.resize(in.payload.size() + kMtu - in.ip().size() - outer, 0x77);
    EXPECT_EQ(lb().receive(in).packet, tagged(lb().expected(in, 0)));
}

using OtherTags = DatapathTest;

TEST_F(OtherTags, PassWithWhateverIsNotIp) {
    const auto arp = ethernet(0x0806, Bytes(28, 0x01)).tagged(7).tagged(8, kDot1ad);
    const auto out = lb().receive(arp);
    EXPECT_EQ(out.verdict, LB_PASS_NOT_IP);
    EXPECT_EQ(out.packet, arp);
}

}  // namespace
}  // namespace lb::test
