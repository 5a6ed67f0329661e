// SPDX-License-Identifier: Apache-2.0
/// Address first, ports second: which vip a packet belongs to.
#include <set>

#include <bpf/bpf.h>
#include <gtest/gtest.h>
#include <linux/bpf.h>

#include "support/datapath.hpp"

namespace lb::test {
namespace {

using Addressing = DatapathTest;

lb_verdict to_port(Datapath& lb, unsigned port) {
    return lb.receive(syn("203.0.113.5:40000", "192.0.2.10:" + std::to_string(port))).verdict;
}

TEST_F(Addressing, FindsEveryServiceOfAnAddressAndNothingBetweenThem) {
    const std::set<unsigned> counts{1, 2, 3, 4, 5, 7, 8, 9, 64, 127, 128, 129, 254, 255};
    const auto vip = lb().serve("192.0.2.10:1000/tcp", {"198.51.100.7"});
    for (unsigned count = 1; count <= LB_MAX_SERVICES; ++count) {
        const auto last = 1000 + 2 * (count - 1);
        lb().index("192.0.2.10:" + std::to_string(last) + "/tcp", vip);
        if (!counts.contains(count)) continue;
        for (unsigned port = 999; port <= last + 1; ++port)
            ASSERT_EQ(to_port(lb(), port), port % 2 == 0 ? LB_FORWARD : LB_PASS_UNMATCHED)
                << "port " << port << ", " << count << " services";
    }
}

TEST_F(Addressing, KnowsProtocolsApart) {
    lb().serve("192.0.2.10:80/udp", {"198.51.100.1"});
    lb().serve("192.0.2.10:80/tcp", {"198.51.100.2"});
    lb().serve("192.0.2.10:81/tcp", {"198.51.100.3"});
    const auto udp = datagram("203.0.113.5:40000", "192.0.2.10:80");
    const auto tcp = syn("203.0.113.5:40000", "192.0.2.10:80");
    EXPECT_EQ(lb().receive(udp).packet, lb().expected(udp, 0));
    EXPECT_EQ(lb().receive(tcp).packet, lb().expected(tcp, 1));
    EXPECT_EQ(lb().receive(datagram("203.0.113.5:1", "192.0.2.10:81")).verdict, LB_PASS_UNMATCHED);
}

TEST_F(Addressing, ServesRangesToTheirLastPortAndKeepsThePort) {
    lb().serve("192.0.2.10:8000-8100/tcp", {"198.51.100.1"});
    lb().serve("192.0.2.10:80/tcp", {"198.51.100.2"});
    lb().serve("192.0.2.10:8101-8101/tcp", {"198.51.100.3"});
    for (const unsigned port : {7999u, 8102u, 81u})
        EXPECT_EQ(to_port(lb(), port), LB_PASS_UNMATCHED) << port;
    for (const unsigned port : {8000u, 8001u, 8099u, 8100u}) {
        const auto in = syn("203.0.113.5:40000", "192.0.2.10:" + std::to_string(port));
        EXPECT_EQ(lb().receive(in).packet, lb().expected(in, 0)) << port;
    }
    const auto last = syn("203.0.113.5:40000", "192.0.2.10:8101");
    EXPECT_EQ(lb().receive(last).packet, lb().expected(last, 2));
}

TEST_F(Addressing, ServesAnyPortOfOneProtocol) {
    lb().serve("[2001:db8:1::10]:any/udp", {"2001:db8:2::7"});
    for (const auto port : Words{0, 1, 53, 65535}) {
        auto in = datagram("[2001:db8::5]:40000", "[2001:db8:1::10]:1");
        in.destination.port = port;
        EXPECT_EQ(lb().receive(in).packet, lb().expected(in, 0)) << port;
    }
    EXPECT_EQ(lb().receive(syn("[2001:db8::5]:40000", "[2001:db8:1::10]:53")).verdict,
              LB_PASS_UNMATCHED);
}

TEST_F(Addressing, SpreadsThePortsOfARangeOverTheSlots) {
    lb().serve("192.0.2.10:any/tcp", {"198.51.100.1", "198.51.100.2", "198.51.100.3"});
    for (unsigned port = 1; port < 1000; ++port)
        ASSERT_EQ(to_port(lb(), port), LB_FORWARD);
    for (std::uint32_t backend = 0; backend < 3; ++backend)
        EXPECT_GT(lb().backend_count(backend).packets, 150u);
}

TEST_F(Addressing, DropsAtALinkPastTheLastAddress) {
    lb().serve("192.0.2.10:80/tcp", {"198.51.100.7"});
    lb().chain_of("192.0.2.10") = lb().addresses().size() + 1;
    EXPECT_EQ(to_port(lb(), 80), LB_DROP_BAD_REF);
}

TEST_F(Addressing, ReadsNoListPastItsEndOrTheEndOfTheMap) {
    const auto vip = lb().serve("192.0.2.10:80/tcp", {"198.51.100.7"});
    lb().index("192.0.2.10:81/tcp", vip);
    auto& word = lb().address_element("192.0.2.10").services;
    const auto list = word;
    word = list - 1;  // one service of the two
    EXPECT_EQ(to_port(lb(), 80), LB_FORWARD);
    EXPECT_EQ(to_port(lb(), 81), LB_PASS_UNMATCHED);
    word = list & ~LB_SERVICES_COUNT_MASK;
    EXPECT_EQ(to_port(lb(), 80), LB_PASS_UNMATCHED);
    for (const std::uint64_t begin : {lb().services().size(), std::size_t{0xffffffff}}) {
        word = begin << LB_SERVICES_BEGIN_SHIFT | 0xffff;
        EXPECT_EQ(to_port(lb(), 80), LB_PASS_UNMATCHED);
    }
}

}  // namespace
}  // namespace lb::test
