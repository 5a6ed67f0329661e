// SPDX-License-Identifier: Apache-2.0
/// The decapsulator undoes what a balancer did, for known balancers and vips only.
#include <memory>
#include <tuple>

#include <gtest/gtest.h>
#include <linux/bpf.h>

#include "support/datapath.hpp"
#include "support/decapsulator.hpp"

namespace lb::test {
namespace {

constexpr std::uint8_t kNotEct = 0, kEct1 = 1, kEct0 = 2, kCe = 3;

class DecapTest : public BpfTest {
protected:
    void load() override {
        decap_ = std::make_unique<Decapsulator>();
        for (const char* balancer : {kNode4, kNode6})
            decap().trust(balancer);
        for (const char* vip : {"192.0.2.10", "2001:db8:1::10"})
            decap().accept(vip);
    }
    Decapsulator& decap() { return *decap_; }
    void passes(const Packet& packet, lb_decap_result result) { passes(packet.frame(), result); }
    void passes(const Frame& frame, lb_decap_result result) {
        const auto out = decap().receive(frame);
        EXPECT_EQ(out.action, XDP_PASS);
        EXPECT_EQ(out.result, result);
        EXPECT_EQ(out.packet, frame);
    }
    void yields(const Packet& tunnel, const Packet& inner) {
        const auto out = decap().receive(tunnel.frame());
        EXPECT_EQ(out.action, XDP_PASS);
        EXPECT_EQ(out.result, LB_DECAP_DONE);
        EXPECT_EQ(out.packet, inner.frame());
    }

private:
    std::unique_ptr<Decapsulator> decap_;
};

Packet to_vip4() {
    return syn("203.0.113.5:40000", "192.0.2.10:80");
}
Packet to_vip6() {
    return datagram("[2001:db8::5]:40000", "[2001:db8:1::10]:53");
}
Packet over4(const Packet& inner) {
    return inner.inside_ipip(address(kNode4), address("198.51.100.7"));
}
Packet over6(const Packet& inner) {
    return inner.inside_ipip(address(kNode6), address("2001:db8:2::7"), 0x12345);
}
Packet gue_over4(const Packet& inner) {
    return inner.inside_gue({address(kNode4), 40001}, address("198.51.100.7"));
}
Packet gue_over6(const Packet& inner) {
    return inner.inside_gue({address(kNode6), 40001}, address("2001:db8:2::7"), 0x12345);
}

struct Tunnel {
    const char* name;
    const char* backend;
    lb_forward_mode forward;
    Packet (*around)(const Packet& inner);
};
constexpr Tunnel kTunnels[] = {
    {"ipip4", "198.51.100.7", LB_FORWARD_IPIP, over4},
    {"ipip6", "2001:db8:2::7", LB_FORWARD_IPIP, over6},
    {"gue4", "198.51.100.7", LB_FORWARD_GUE, gue_over4},
    {"gue6", "2001:db8:2::7", LB_FORWARD_GUE, gue_over6},
};

/// Each inner packet in each tunnel.
class EveryTunnel : public DecapTest, public testing::WithParamInterface<std::tuple<bool, Tunnel>> {
protected:
    static Packet inner() { return std::get<0>(GetParam()) ? to_vip4() : to_vip6(); }
    static Packet tunnel(const Packet& packet) { return std::get<1>(GetParam()).around(packet); }
};

INSTANTIATE_TEST_SUITE_P(Decap, EveryTunnel,
                         testing::Combine(testing::Bool(), testing::ValuesIn(kTunnels)),
                         [](const auto& mix) {
                             return std::string{std::get<0>(mix.param) ? "ipv4" : "ipv6"} + "_in_" +
                                    std::get<1>(mix.param).name;
                         });

TEST_P(EveryTunnel, GivesBackThePacketThatWasPutIn) {
    yields(tunnel(inner()), inner());
}

TEST_P(EveryTunnel, GivesBackWhatTheRealBalancerSends) {
    const auto& way = std::get<1>(GetParam());
    Datapath lb;
    lb.serve(inner().destination.text() + (inner().protocol == IPPROTO_TCP ? "/tcp" : "/udp"),
             {way.backend}, way.forward);
    const auto sent = lb.receive(inner());
    ASSERT_EQ(sent.verdict, LB_FORWARD);
    EXPECT_EQ(decap().receive(sent.packet).packet,
              inner().aged().between(egress_mac(kHere), backend_mac(0)).frame());
}

TEST_P(EveryTunnel, OpensJumboFrames) {
    auto packet = inner();
    packet.payload.resize(8000, 0x5a);
    const auto out = decap().receive(tunnel(packet).frame());
    EXPECT_EQ(out.result, LB_DECAP_DONE);
    EXPECT_EQ(Bytes(out.packet.bytes.begin() + 14, out.packet.bytes.end()), packet.ip());
    EXPECT_EQ(decap().receive(tunnel(packet).frame().cut(7000)).result, LB_DECAP_MALFORMED);
}

TEST_P(EveryTunnel, PassesWhenTheBalancerIsUnknown) {
    auto packet = tunnel(inner());
    packet.source.address.bytes[15] ^= 1;
    passes(packet, LB_DECAP_UNKNOWN_SOURCE);
}

TEST_P(EveryTunnel, PassesWhenTheVipIsUnknown) {
    auto packet = inner();
    packet.destination.address.bytes[15] ^= 1;
    passes(tunnel(packet), LB_DECAP_UNKNOWN_VIP);
}

TEST_P(EveryTunnel, PassesWhatIsCutAnywhere) {
    const auto whole = tunnel(inner()).frame();
    for (std::size_t size = 14; size < whole.bytes.size(); ++size) {
        const auto out = decap().receive(whole.cut(size));
        ASSERT_EQ(out.action, XDP_PASS) << size;
        ASSERT_TRUE(out.result == LB_DECAP_MALFORMED || out.result == LB_DECAP_NOT_TUNNEL) << size;
        ASSERT_EQ(out.packet, whole.cut(size)) << size;
    }
}

TEST_P(EveryTunnel, PassesWhenTheInnerPacketIsLongerThanTheTunnel) {
    auto packet = inner();
    const bool is_v4 = packet.destination.address.is_v4();
    const auto length = packet.ip().size() - (is_v4 ? 0 : 40);
    packet.claimed_length = static_cast<std::uint16_t>(length + 1);
    passes(tunnel(packet), LB_DECAP_MALFORMED);
}

TEST_P(EveryTunnel, PassesWhenTheInnerPacketIsShorterThanItsHeader) {
    if (!inner().destination.address.is_v4()) return;  // IPv6 does not count its header
    auto packet = inner();
    packet.claimed_length = 19;
    passes(tunnel(packet), LB_DECAP_MALFORMED);
}

TEST_P(EveryTunnel, PassesWhenTheInnerVersionContradictsTheProtocol) {
    auto packet = inner();
    packet.claimed_version = 5;
    passes(tunnel(packet), LB_DECAP_MALFORMED);
}

TEST_P(EveryTunnel, MergesEcnAsRfc6040Says) {
    // figure 4: rows inner, columns outer Not-ECT, ECT(1), ECT(0), CE; 9: drop
    constexpr std::uint8_t kMerged[4][4] = {
        /* Not-ECT */ {kNotEct, kNotEct, kNotEct, 9},
        /* ECT(1)  */ {kEct1, kEct1, kEct1, kCe},
        /* ECT(0)  */ {kEct0, kEct1, kEct0, kCe},
        /* CE      */ {kCe, kCe, kCe, kCe},
    };
    for (std::uint8_t inside = 0; inside < 4; ++inside) {
        for (std::uint8_t outside = 0; outside < 4; ++outside) {
            SCOPED_TRACE(testing::Message() << int{inside} << " inside " << int{outside});
            auto packet = inner();
            packet.traffic_class = static_cast<std::uint8_t>(0xb8 | inside);
            auto outer = tunnel(packet);
            outer.traffic_class = static_cast<std::uint8_t>(0x48 | outside);
            if (kMerged[inside][outside] == 9) {
                const auto out = decap().receive(outer.frame());
                EXPECT_EQ(out.action, XDP_DROP);
                EXPECT_EQ(out.result, LB_DECAP_ECN);
                continue;
            }
            auto merged = packet;
            merged.traffic_class = static_cast<std::uint8_t>(0xb8 | kMerged[inside][outside]);
            yields(outer, merged);
        }
    }
}

using Decap = DecapTest;

TEST_F(Decap, KeepsInnerOptionsAndFlowLabels) {
    auto options = to_vip4();
    options.options = Bytes(8, 0x01);
    yields(over4(options), options);
    auto labelled = to_vip6();
    labelled.flow_label = 0xfffff;
    yields(over6(labelled), labelled);
}

TEST_F(Decap, PassesWhatIsNoTunnel) {
    passes(to_vip4(), LB_DECAP_NOT_TUNNEL);
    passes(to_vip6(), LB_DECAP_NOT_TUNNEL);
    passes(ethernet(0x0806, Bytes(28, 0x01)), LB_DECAP_NOT_TUNNEL);
    passes(over4(to_vip4()).frame().tagged(7), LB_DECAP_NOT_TUNNEL);
    auto gre = over4(to_vip4());
    gre.protocol = IPPROTO_GRE;
    passes(gre, LB_DECAP_NOT_TUNNEL);
}

TEST_F(Decap, PassesTunnelsWithOptionsOrInFragments) {
    auto packet = over4(to_vip4());
    packet.options = {0x01, 0x01, 0x01, 0x00};
    passes(packet, LB_DECAP_NOT_TUNNEL);
    packet.options.clear();
    packet.more_fragments = true;
    passes(packet, LB_DECAP_NOT_TUNNEL);
    packet.more_fragments = false;
    packet.fragment_offset = 1;
    passes(packet, LB_DECAP_NOT_TUNNEL);
    auto packet6 = over6(to_vip4());
    packet6.extensions = {fragment_header(0, true)};
    passes(packet6, LB_DECAP_NOT_TUNNEL);
}

/// What is wrong with it -> a packet in GUE.
class GueDefects : public DecapTest {
protected:
    void drops(const Packet& packet) {
        const auto out = decap().receive(packet.frame());
        EXPECT_EQ(out.action, XDP_DROP);
        EXPECT_EQ(out.result, LB_DECAP_BAD_GUE);
    }
    /// With one byte of the GUE header changed.
    static Packet changed(std::size_t at, std::uint8_t value) {
        auto packet = gue_over4(to_vip4());
        packet.payload[at] = value;
        return packet;
    }
};

TEST_F(GueDefects, AnyVersionControlMessageOrOption) {
    for (int first = 1; first < 256; ++first)
        drops(changed(0, static_cast<std::uint8_t>(first)));
}

TEST_F(GueDefects, AnyProtocolButIp) {
    for (int protocol = 0; protocol < 256; ++protocol)
        if (protocol != IPPROTO_IPIP && protocol != IPPROTO_IPV6)
            drops(changed(1, static_cast<std::uint8_t>(protocol)));
}

TEST_F(GueDefects, AnyFlag) {
    for (const auto at : {2u, 3u})
        for (int bit = 0; bit < 8; ++bit)
            drops(changed(at, static_cast<std::uint8_t>(1 << bit)));
}

TEST_F(GueDefects, AChecksumThatNobodyChecks) {
    auto packet = gue_over4(to_vip4());
    packet.claimed_udp_checksum.reset();
    drops(packet);
}

TEST_F(GueDefects, ALengthThatIsNotThatOfThePacket) {
    auto frame = gue_over4(to_vip4()).frame();
    for (const auto add : {-1, 1}) {
        auto changed = frame;
        changed.bytes[39] = static_cast<std::uint8_t>(changed.bytes[39] + add);
        EXPECT_EQ(decap().receive(changed).result, LB_DECAP_BAD_GUE);
    }
}

TEST_F(GueDefects, AreNoneOfOursOnOtherPortsOrFromOthers) {
    auto elsewhere = changed(0, 0x40);
    elsewhere.destination.port = 6081;
    passes(elsewhere, LB_DECAP_NOT_TUNNEL);
    auto stranger = changed(0, 0x40);
    stranger.source.address.bytes[15] ^= 1;
    passes(stranger, LB_DECAP_UNKNOWN_SOURCE);
}

TEST_F(Decap, TakesNoTunnelOffATunnel) {
    passes(over4(over4(to_vip4())), LB_DECAP_UNKNOWN_VIP);
}

}  // namespace
}  // namespace lb::test
