// SPDX-License-Identifier: Apache-2.0
/// Errors about our flows go where the flow goes; what quotes garbage goes nowhere.
#include <gtest/gtest.h>
#include <linux/bpf.h>

#include "support/datapath.hpp"
#include "support/icmp.hpp"

namespace lb::test {
namespace {

struct Family {
    const char* name;
    const char* router;
    const char* client;  // with a port
    const char* vip;     // with its port
    const char* address;
    std::size_t header;
    std::uint8_t too_big, too_big_code;
    std::vector<std::uint8_t> types;  // that are errors
    std::uint32_t least_mtu;
};
const Family kFamilies[] = {
    {"v4",
     "203.0.113.1",
     "203.0.113.5:40000",
     "192.0.2.10:80",
     "192.0.2.10",
     20,
     3,
     4,
     {3, 11, 12},
     576},
    {"v6",
     "2001:db8::1",
     "[2001:db8::5]:40000",
     "[2001:db8:1::10]:80",
     "2001:db8:1::10",
     40,
     2,
     0,
     {1, 2, 3, 4},
     1280},
};

class IcmpErrors : public DatapathTest, public testing::WithParamInterface<Family> {
protected:
    void load() override {
        DatapathTest::load();
        vip_ = lb().serve(std::string{family().vip} + "/tcp",
                          {"198.51.100.1", "2001:db8:2::2", "198.51.100.3"});
    }
    static const Family& family() { return GetParam(); }
    static Packet request() { return syn(family().client, family().vip); }
    /// What a backend sends back to the client.
    static Packet response() { return syn(family().vip, family().client); }
    static Packet error(const IcmpHeader& header, const Bytes& quote) {
        return icmp(family().router, family().address, header, quote);
    }
    static IcmpHeader too_big(std::uint32_t mtu) {
        return {family().too_big, family().too_big_code, mtu};
    }
    Bytes quote() const { return quote_of(response(), family().header + 8); }
    void drops(const Packet& packet, lb_verdict verdict = LB_DROP_ICMP) {
        const auto out = lb().receive(packet);
        EXPECT_EQ(out.action, XDP_DROP);
        EXPECT_EQ(out.verdict, verdict);
    }
    std::uint32_t vip_ = 0;
};

INSTANTIATE_TEST_SUITE_P(Both, IcmpErrors, testing::ValuesIn(kFamilies),
                         [](const auto& family) { return family.param.name; });

TEST_P(IcmpErrors, GoWhereTheQuotedFlowGoes) {
    for (std::uint16_t port = 1000; port < 1060; ++port) {
        auto flow = request();
        auto back = response();
        flow.source.port = back.destination.port = port;
        const auto backend = static_cast<std::uint32_t>(lb().slot_of(flow, vip_) & 0xff);
        const auto in = error(too_big(1400), quote_of(back, family().header + 8));
        const auto out = lb().receive_dirty(in.frame(), 0xa5);
        ASSERT_EQ(out.verdict, LB_FORWARD);
        ASSERT_EQ(out.packet, lb().expected(in, backend, kHere, flow));
    }
    EXPECT_EQ(lb().vip_count(vip_).packets, 60u);
}

TEST_P(IcmpErrors, OfEveryTypeAndCodeAreRouted) {
    for (const auto type : family().types)
        for (unsigned code = 0; code < 256; ++code) {
            const auto in = error({type, static_cast<std::uint8_t>(code), 1500}, quote());
            ASSERT_EQ(lb().receive(in).verdict, LB_FORWARD) << int{type} << "/" << code;
        }
}

TEST_P(IcmpErrors, OfOtherTypesAreTheHosts) {
    for (unsigned type = 0; type < 256; ++type) {
        const auto& routed = family().types;
        if (std::find(routed.begin(), routed.end(), type) != routed.end()) continue;
        const auto in = error({static_cast<std::uint8_t>(type), 0, 0}, quote());
        const auto out = lb().receive(in);
        ASSERT_EQ(out.verdict, LB_PASS_UNMATCHED) << type;
        ASSERT_EQ(out.packet, in.frame());
    }
}

TEST_P(IcmpErrors, ThatWantPacketsSmallerThanAnyLinkAreDropped) {
    for (const std::uint32_t mtu : {0u, 1u, 68u, family().least_mtu - 1})
        drops(error(too_big(mtu), quote()));
    for (const std::uint32_t mtu : {family().least_mtu, 1500u, 9000u})
        EXPECT_EQ(lb().receive(error(too_big(mtu), quote())).verdict, LB_FORWARD) << mtu;
}

TEST_P(IcmpErrors, ThatQuoteAnotherSenderAreDropped) {
    auto back = response();
    back.source.address.bytes[15] ^= 1;
    drops(error(too_big(1400), quote_of(back, family().header + 8)));
}

TEST_P(IcmpErrors, AboutOtherPortsAndProtocolsAreTheHosts) {
    auto back = response();
    back.source.port = 22;
    const auto ssh = error(too_big(1400), quote_of(back, family().header + 8));
    EXPECT_EQ(lb().receive(ssh).verdict, LB_PASS_UNMATCHED);
    back.protocol = IPPROTO_SCTP;
    back.payload = Bytes(40, 1);
    const auto other = error(too_big(1400), quote_of(back, family().header + 8));
    EXPECT_EQ(lb().receive(other).verdict, LB_PASS_UNMATCHED);
    EXPECT_EQ(lb().receive(other).packet, other.frame());
}

TEST_P(IcmpErrors, ThatEndTooEarlyAreNeverForwarded) {
    const auto whole = error(too_big(1400), quote());
    const auto frame = whole.frame();
    const auto ports_end = 14 + family().header + 8 + family().header + 4;
    for (std::size_t size = 14; size < frame.bytes.size(); ++size)
        ASSERT_NE(lb().receive(frame.cut(size)).action, XDP_TX) << size;
    for (std::size_t body = 0; body < quote().size(); ++body) {
        const auto shorter = error(too_big(1400), quote_of(response(), body));
        const auto out = lb().receive(shorter.frame().padded_to(14 + 200, 0xff));
        const bool has_ports = 14 + family().header + 8 + body >= ports_end;
        ASSERT_EQ(out.verdict, has_ports ? LB_FORWARD : LB_DROP_ICMP) << body;
    }
}

TEST_P(IcmpErrors, WhoseQuoteGoesOnInThePaddingAreDropped) {
    auto back = response();
    back.protocol = IPPROTO_SCTP;
    back.payload = {};
    const auto whole = error(too_big(1400), quote_of(back, family().header)).frame();
    EXPECT_EQ(lb().receive(whole).verdict, LB_PASS_UNMATCHED);
    auto padded = error(too_big(1400), quote_of(back, family().header - 1)).frame();
    padded.bytes.push_back(whole.bytes.back());
    EXPECT_EQ(lb().receive(padded).verdict, LB_DROP_ICMP);
}

TEST_P(IcmpErrors, AreLimitedPerSecond) {
    lb().settings().budget[LB_BUDGET_ICMP] = 3;
    int forwarded = 0;
    for (int i = 0; i < 20; ++i) {
        const auto verdict = lb().receive(error(too_big(1400), quote())).verdict;
        ASSERT_TRUE(verdict == LB_FORWARD || verdict == LB_DROP_RATE);
        forwarded += verdict == LB_FORWARD;
    }
    EXPECT_GE(forwarded, 3);
    EXPECT_LE(forwarded, 6);  // the second may have turned
}

TEST_P(IcmpErrors, ThatAreTooBigAreNotAnswered) {
    auto bytes = quote();
    bytes.resize(kMtu);
    const auto in = error({family().types[0], 0, 0}, bytes);
    drops(in, LB_DROP_MTU);
}

TEST_P(IcmpErrors, DieOfOldAgeLikeOtherPackets) {
    auto in = error(too_big(1400), quote());
    in.ttl = 1;
    drops(in, LB_DROP_TTL);
}

using Icmp4Errors = DatapathTest;

TEST_F(Icmp4Errors, ReadPortsBehindQuotedOptions) {
    lb().serve("192.0.2.10:80/tcp", {"198.51.100.1"});
    auto back = syn("192.0.2.10:80", "203.0.113.5:40000");
    back.options = Bytes(40, 1);
    EXPECT_EQ(
        lb().receive(icmp("203.0.113.1", "192.0.2.10", {11, 0, 0}, quote_of(back, 68))).verdict,
        LB_FORWARD);
    EXPECT_EQ(
        lb().receive(icmp("203.0.113.1", "192.0.2.10", {11, 0, 0}, quote_of(back, 60))).verdict,
        LB_DROP_ICMP);
}

TEST_F(Icmp4Errors, ThatQuoteALaterFragmentOrNonsenseAreDropped) {
    lb().serve("192.0.2.10:80/tcp", {"198.51.100.1"});
    auto back = syn("192.0.2.10:80", "203.0.113.5:40000");
    const auto verdict = [&](const Packet& quoted) {
        return lb().receive(icmp("203.0.113.1", "192.0.2.10", {3, 1, 0}, quote_of(quoted))).verdict;
    };
    back.more_fragments = true;
    EXPECT_EQ(verdict(back), LB_FORWARD);
    back.fragment_offset = 1;
    back.payload = Bytes(20, 9);
    EXPECT_EQ(verdict(back), LB_DROP_ICMP);
    back = syn("192.0.2.10:80", "203.0.113.5:40000");
    back.claimed_version = 6;
    EXPECT_EQ(verdict(back), LB_DROP_ICMP);
    back.claimed_version = 4;
    back.claimed_header_words = 4;
    EXPECT_EQ(verdict(back), LB_DROP_ICMP);
}

}  // namespace
}  // namespace lb::test
