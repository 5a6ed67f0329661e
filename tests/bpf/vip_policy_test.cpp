// SPDX-License-Identifier: Apache-2.0
/// What a vip says about its packets: who stays together, who may come, what else is dropped.
#include <set>

#include <gtest/gtest.h>
#include <linux/bpf.h>

#include "support/datapath.hpp"
#include "support/icmp.hpp"

namespace lb::test {
namespace {

const std::vector<std::string> kThree{"198.51.100.1", "198.51.100.2", "198.51.100.3"};

/// Which of the three a packet went to.
std::uint8_t backend_of(const Outcome& out) {
    return out.verdict == LB_FORWARD ? out.packet.bytes.at(33) : 0;
}

using AffinitySource = DatapathTest;

TEST_F(AffinitySource, KeepsAllPortsOfAClientTogether) {
    for (const char* vip : {"192.0.2.10:1000-2000/tcp", "[2001:db8:1::10]:1000-2000/tcp"})
        lb().vip_flags(lb().serve(vip, kThree), LB_VIP_AFFINITY_SOURCE);
    for (auto packet : {syn("203.0.113.5:1", "192.0.2.10:1000"),
                        syn("[2001:db8::5]:1", "[2001:db8:1::10]:1000")}) {
        std::set<std::uint8_t> used;
        for (int client = 0; client < 50; ++client) {
            ++packet.source.address.bytes[15];
            const auto first = backend_of(lb().receive(packet));
            used.insert(first);
            for (std::uint16_t port = 1; port < 1000; port += 97) {
                packet.source.port = port;
                packet.destination.port = static_cast<std::uint16_t>(1000 + port);
                ASSERT_EQ(backend_of(lb().receive(packet)), first);
            }
        }
        EXPECT_EQ(used.size(), 3u);
    }
}

TEST_F(AffinitySource, HoldsForErrorsAboutTheFlow) {
    lb().vip_flags(lb().serve("192.0.2.10:80/tcp", kThree), LB_VIP_AFFINITY_SOURCE);
    for (std::uint16_t port = 1; port < 200; port += 17) {
        auto flow = syn("203.0.113.5:1", "192.0.2.10:80");
        auto back = syn("192.0.2.10:80", "203.0.113.5:1");
        flow.source.port = back.destination.port = port;
        const auto error = icmp("203.0.113.1", "192.0.2.10", {11, 0, 0}, quote_of(back));
        EXPECT_EQ(backend_of(lb().receive(error)), backend_of(lb().receive(flow)));
    }
}

using AffinityNone = DatapathTest;

TEST_F(AffinityNone, SpreadsTheDatagramsOfOneClient) {
    lb().vip_flags(lb().serve("192.0.2.10:53/udp", kThree), LB_VIP_AFFINITY_NONE);
    for (int i = 0; i < 300; ++i)
        lb().receive(datagram("203.0.113.5:40000", "192.0.2.10:53"));
    for (std::uint32_t backend = 0; backend < 3; ++backend)
        EXPECT_GT(lb().backend_count(backend).packets, 40u);
}

using Unmatched = DatapathTest;

TEST_F(Unmatched, IsDroppedWhereTheAddressSaysSo) {
    lb().serve("192.0.2.10:80/tcp", kThree);
    lb().serve("192.0.2.10:81/tcp", kThree);
    lb().flag("192.0.2.10", LB_ADDRESS_DROP);
    auto other = syn("203.0.113.5:40000", "192.0.2.10:80");
    other.protocol = 50;
    for (const auto& packet :
         {syn("203.0.113.5:40000", "192.0.2.10:22"), datagram("203.0.113.5:40000", "192.0.2.10:80"),
          other, ping("203.0.113.5", "192.0.2.10")}) {
        const auto out = lb().receive(packet);
        EXPECT_EQ(out.verdict, LB_DROP_UNMATCHED);
        EXPECT_EQ(out.action, XDP_DROP);
    }
    EXPECT_EQ(backend_of(lb().receive(syn("203.0.113.5:1", "192.0.2.10:80"))) == 0, false);
    EXPECT_EQ(lb().receive(syn("203.0.113.5:1", "192.0.2.11:22")).verdict, LB_PASS_NOT_OURS);
}

TEST_F(Unmatched, LeavesTheNeighboursOfALinkAlone) {
    lb().serve("[2001:db8:1::10]:80/tcp", kThree);
    lb().flag("2001:db8:1::10", LB_ADDRESS_DROP);
    for (unsigned type = 130; type < 140; ++type) {
        const auto in = icmp("2001:db8:1::1", "2001:db8:1::10",
                             {static_cast<std::uint8_t>(type), 0, 0}, Bytes(24));
        EXPECT_EQ(lb().receive(in).verdict,
                  type >= 133 && type <= 137 ? LB_PASS_UNMATCHED : LB_DROP_UNMATCHED)
            << type;
    }
}

TEST_F(Unmatched, TunnelsToAVipAreDropped) {
    lb().serve("192.0.2.10:80/tcp", kThree);
    lb().serve("[2001:db8:1::10]:80/tcp", kThree);
    for (auto packet :
         {syn("203.0.113.5:1", "192.0.2.10:80"), syn("[2001:db8::5]:1", "[2001:db8:1::10]:80")}) {
        packet.payload = syn("203.0.113.5:1", "192.0.2.10:80").ip();
        for (const auto protocol : Octets{IPPROTO_IPIP, IPPROTO_IPV6}) {
            packet.protocol = protocol;
            EXPECT_EQ(lb().receive(packet).verdict, LB_DROP_TUNNEL);
        }
    }
    EXPECT_EQ(lb().receive(datagram("203.0.113.5:1", "192.0.2.10:6080")).verdict, LB_DROP_TUNNEL);
    EXPECT_EQ(lb().receive(syn("203.0.113.5:1", "192.0.2.10:6080")).verdict, LB_PASS_UNMATCHED);
    lb().serve("192.0.2.10:6080/udp", kThree);
    EXPECT_EQ(lb().receive(datagram("203.0.113.5:1", "192.0.2.10:6080")).verdict, LB_FORWARD);
}

class SourceLists : public DatapathTest {
protected:
    void load() override {
        DatapathTest::load();
        vip_ = lb().serve("192.0.2.10:80/tcp", kThree);
        vip6_ = lb().serve("[2001:db8:1::10]:80/tcp", kThree);
        lb().vip_flags(vip_, LB_VIP_LISTED);
        lb().vip_flags(vip6_, LB_VIP_LISTED);
    }
    lb_verdict from(const std::string& source) {
        return lb().receive(syn(source + ":40000", "192.0.2.10:80")).verdict;
    }
    lb_verdict from6(const std::string& source) {
        return lb().receive(syn("[" + source + "]:40000", "[2001:db8:1::10]:80")).verdict;
    }
    std::uint32_t vip_ = 0, vip6_ = 0;
};

TEST_F(SourceLists, TheLongestPrefixDecides) {
    lb().source(2 * vip_, "::/0", true);
    lb().source(2 * vip_, "203.0.113.0/24", false);
    lb().source(2 * vip_, "203.0.113.64/26", true);
    lb().source(2 * vip_, "203.0.113.66/32", false);
    EXPECT_EQ(from("198.51.100.9"), LB_FORWARD);
    EXPECT_EQ(from("203.0.113.5"), LB_DROP_SOURCE_DENIED);
    EXPECT_EQ(from("203.0.113.65"), LB_FORWARD);
    EXPECT_EQ(from("203.0.113.66"), LB_DROP_SOURCE_DENIED);
    EXPECT_EQ(from("203.0.113.128"), LB_DROP_SOURCE_DENIED);
    EXPECT_EQ(from("203.0.112.255"), LB_FORWARD);
    EXPECT_EQ(lb().vip_count(vip_).packets, 6u);
}

TEST_F(SourceLists, OfIpv6AndOfOtherVipsAreApart) {
    lb().source(2 * vip_, "::/0", false);
    lb().source(2 * vip6_, "::/0", false);
    lb().source(2 * vip6_, "2001:db8::/32", true);
    lb().source(2 * vip6_, "2001:db8:0:1::/64", false);
    EXPECT_EQ(from("203.0.113.5"), LB_DROP_SOURCE_DENIED);
    EXPECT_EQ(from6("2001:db8::5"), LB_FORWARD);
    EXPECT_EQ(from6("2001:db8:0:1::5"), LB_DROP_SOURCE_DENIED);
    EXPECT_EQ(from6("2001:db9::5"), LB_DROP_SOURCE_DENIED);
}

TEST_F(SourceLists, ThatAreMissingLetNobodyIn) {
    EXPECT_EQ(from("203.0.113.5"), LB_DROP_SOURCE_DENIED);
}

TEST_F(SourceLists, FlipWithTheWordOfTheVip) {
    lb().source(2 * vip_, "::/0", true);
    lb().source(2 * vip_ + 1, "::/0", false);
    EXPECT_EQ(from("203.0.113.5"), LB_FORWARD);
    lb().vip_flags(vip_, LB_VIP_LISTED | LB_VIP_LIST);
    EXPECT_EQ(from("203.0.113.5"), LB_DROP_SOURCE_DENIED);
    lb().vip_flags(vip_, LB_VIP_LIST);
    EXPECT_EQ(from("203.0.113.5"), LB_FORWARD);
}

TEST_F(SourceLists, JudgeErrorsByTheClientOfTheFlow) {
    lb().source(2 * vip_, "::/0", true);
    lb().source(2 * vip_, "203.0.113.5/32", false);
    const auto back = syn("192.0.2.10:80", "203.0.113.5:40000");
    const auto error = icmp("198.51.100.1", "192.0.2.10", {11, 0, 0}, quote_of(back));
    EXPECT_EQ(lb().receive(error).verdict, LB_DROP_SOURCE_DENIED);
}

}  // namespace
}  // namespace lb::test
