// SPDX-License-Identifier: Apache-2.0
/// A check's packet leaves as the packet program would send a client's, to the marked backend.
#include <algorithm>
#include <memory>

#include <gtest/gtest.h>
#include <linux/pkt_cls.h>

#include "every_mix.hpp"
#include "support/prober.hpp"

namespace lb::test {
namespace {

constexpr std::size_t kLink = 14;       // bytes in front of the outer header
constexpr std::uint8_t kProbeTtl = 64;  // of the packet inside
constexpr std::size_t kUdpAfterIpv4 = 20, kUdpAfterIpv6 = 40;

class Probe : public EveryMix {
protected:
    void load() override {
        EveryMix::load();
        prober_ = std::make_unique<Prober>(lb());
    }
    /// As it leaves the socket: it lives one hop.
    static Packet leaving() {
        auto out = packet();
        out.ttl = 1;
        return out;
    }
    ProbeOutcome send_marked(std::uint32_t mark) { return prober_->send(leaving().frame(), mark); }
    ProbeOutcome send(const Packet& packet, std::uint32_t backend = 0) {
        return prober_->send(packet.frame(), probe_mark(backend));
    }
    lb_probe_counts counts(std::uint32_t backend = 0) const { return prober_->counts(backend); }
    /// The same as a client's packet that has as many hops left when it was forwarded.
    Frame as_a_client(const Packet& packet, std::uint16_t egress = kHere) {
        auto in = packet;
        in.ttl = kProbeTtl + 1;
        return lb().expected(in, 0, egress);
    }
    /// Without what a router may choose a path by: both have it, each from its own hash.
    static Frame without_entropy(Frame frame) {
        const bool is_tunnel = way().forward != LB_FORWARD_L2;
        const bool is_outer4 = Address::parse(way().backend)->is_v4();
        if (!is_tunnel) return frame;
        const auto at = frame.bytes.begin() + kLink;
        if (!is_outer4) std::fill(at + 1, at + 4, 0);
        if (way().forward == LB_FORWARD_GUE) {
            const auto udp = at + static_cast<long>(is_outer4 ? kUdpAfterIpv4 : kUdpAfterIpv6);
            EXPECT_GE(*udp, 0x80) << "the port is not one of GUE's";
            std::fill(udp, udp + 2, 0);
        }
        return frame;
    }

private:
    std::unique_ptr<Prober> prober_;
};

INSTANTIATE_TEST_SUITE_P(Probe, Probe, every_mix(), mix_name);

TEST_P(Probe, LeavesAsAClientsPacketWould) {
    for (const int traffic_class : {0, 0xb8, 0x03}) {
        auto out = leaving();
        out.traffic_class = static_cast<std::uint8_t>(traffic_class);
        const auto sent = send(out);
        EXPECT_EQ(sent.action, TC_ACT_REDIRECT);
        EXPECT_EQ(without_entropy(sent.packet), without_entropy(as_a_client(out)));
        EXPECT_EQ(sent.mark, 0u) << "the egress would meet it again";
    }
    EXPECT_EQ(counts().sent, 3u);
}

TEST_P(Probe, GoesThroughTheVlanOfTheNextHop) {
    const std::uint8_t tag[] = {0x81, 0x00, 0x00, 0x2a};
    std::copy(std::begin(tag), std::end(tag), lb().egresses()[kHere].tag);
    const auto sent = send(leaving());
    EXPECT_EQ(sent.action, TC_ACT_REDIRECT);
    EXPECT_EQ(counts().sent, 1u);
}

TEST_P(Probe, PacketsOfOthersPassUntouched) {
    for (const std::uint32_t mark : {0u, 1u, LB_PROBE_MARK ^ 0x00100000u, 0xffffffffu}) {
        const auto sent = send_marked(mark);
        EXPECT_EQ(sent.action, TC_ACT_UNSPEC) << mark;
        EXPECT_EQ(sent.packet, leaving().frame()) << mark;
        EXPECT_EQ(sent.mark, mark);
    }
    EXPECT_EQ(counts().sent, 0u);
}

TEST_P(Probe, WithoutANextHopNothingLeavesAndTheReasonIsKept) {
    lb().backends()[0].nexthop = 0;
    EXPECT_EQ(send(leaving()).action, TC_ACT_SHOT);
    EXPECT_EQ(counts().sent, 0u);
    EXPECT_EQ(counts().why, std::uint64_t{LB_DROP_NO_NEIGHBOUR});
    EXPECT_EQ(send(leaving(), 0xfffff).action, TC_ACT_SHOT) << "a backend that cannot be";
}

TEST_P(Probe, APacketThatIsTooLargeDoesNotLeave) {
    lb().egresses()[kHere].mtu = 20;
    EXPECT_EQ(send(leaving()).action, TC_ACT_SHOT);
    EXPECT_EQ(counts().why, std::uint64_t{LB_DROP_MTU});
}

TEST_P(Probe, ATunnelNeedsAnAddressToStartFrom) {
    if (way().forward == LB_FORWARD_L2) return;  // it has none
    auto& egress = lb().egresses()[kHere];
    std::fill(std::begin(egress.source4), std::end(egress.source4), 0);
    std::fill(std::begin(egress.source6), std::end(egress.source6), 0);
    EXPECT_EQ(send(leaving()).action, TC_ACT_SHOT);
    EXPECT_EQ(counts().why, std::uint64_t{LB_DROP_NO_SOURCE});
}

}  // namespace
}  // namespace lb::test
