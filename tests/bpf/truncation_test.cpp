// SPDX-License-Identifier: Apache-2.0
/// A packet that ends too early is never forwarded, wherever it ends.
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>
#include <linux/bpf.h>

#include "support/datapath.hpp"

namespace lb::test {
namespace {

constexpr std::size_t kLinkSize = 14;  // BPF_PROG_TEST_RUN takes nothing shorter

class Truncation : public DatapathTest {
protected:
    void load() override {
        DatapathTest::load();
        for (const auto& [port, mode] :
             {std::pair<std::string, lb_forward_mode>{":80", LB_FORWARD_IPIP},
              {":81", LB_FORWARD_L2},
              {":82", LB_FORWARD_GUE}}) {
            for (const char* protocol : {"/tcp", "/udp"}) {
                lb().serve("192.0.2.10" + port + protocol, {"198.51.100.7"}, mode);
                lb().serve("[2001:db8:1::10]" + port + protocol, {"2001:db8:2::7"}, mode);
            }
        }
    }
};

std::vector<Packet> packets_to(const std::string& vip4, const std::string& vip6) {
    std::vector<Packet> packets;
    for (const char* port : {":80", ":81", ":82"}) {
        packets.push_back(syn("203.0.113.5:40000", vip4 + port));
        packets.push_back(datagram("203.0.113.5:40000", vip4 + port));
        packets.push_back(syn("[2001:db8::5]:40000", "[" + vip6 + "]" + port));
        packets.push_back(datagram("[2001:db8::5]:40000", "[" + vip6 + "]" + port));
    }
    packets.push_back(packets[0]);
    packets.back().options = Bytes(12, 0x01);
    packets.push_back(packets[2]);
    packets.back().extensions = {{IPPROTO_HOPOPTS}};
    return packets;
}

TEST_F(Truncation, OfAPacketToAVipIsADropAsSoonAsItsAddressIsThere) {
    for (const auto& packet : packets_to("192.0.2.10", "2001:db8:1::10")) {
        const auto whole = packet.frame();
        const std::size_t address_end = kLinkSize + (packet.destination.address.is_v4() ? 20 : 40);
        for (std::size_t size = kLinkSize; size < whole.bytes.size(); ++size) {
            const auto out = lb().receive(whole.cut(size));
            SCOPED_TRACE(testing::Message()
                         << testing::PrintToString(whole) << "\ncut at " << size);
            if (size < address_end) {
                ASSERT_EQ(out.action, XDP_PASS);
                ASSERT_EQ(out.verdict, LB_PASS_TRUNCATED);
                ASSERT_EQ(out.packet, whole.cut(size));
            } else {
                ASSERT_EQ(out.action, XDP_DROP);
            }
        }
    }
    EXPECT_EQ(lb().counted(LB_FORWARD) + lb().counted(LB_FORWARD_REDIRECT), 0u);
}

TEST_F(Truncation, OfAPacketToAVipIsCountedAsMalformed) {
    for (const auto& packet : packets_to("192.0.2.10", "2001:db8:1::10")) {
        const auto whole = packet.frame();
        const std::size_t address_end = kLinkSize + (packet.destination.address.is_v4() ? 20 : 40);
        for (std::size_t size = address_end; size < whole.bytes.size(); ++size)
            ASSERT_EQ(lb().receive(whole.cut(size)).verdict, LB_DROP_MALFORMED) << size;
    }
}

TEST_F(Truncation, OfAPacketToTheHostPassesItAsItIs) {
    for (const auto& packet : packets_to("192.0.2.1", "2001:db8:1::1")) {
        const auto whole = packet.frame();
        for (std::size_t size = kLinkSize; size < whole.bytes.size(); ++size) {
            const auto out = lb().receive(whole.cut(size));
            ASSERT_EQ(out.action, XDP_PASS) << size;
            ASSERT_EQ(out.packet, whole.cut(size)) << size;
        }
    }
}

TEST_F(Truncation, OfAPacketToAnotherPortPassesItOnceThePortIsThere) {
    const auto whole = syn("203.0.113.5:40000", "192.0.2.10:22").frame();
    for (std::size_t size = kLinkSize + 20 + 4; size < whole.bytes.size(); ++size) {
        const auto out = lb().receive(whole.cut(size));
        ASSERT_EQ(out.verdict, LB_PASS_UNMATCHED) << size;
        ASSERT_EQ(out.packet, whole.cut(size)) << size;
    }
}

}  // namespace
}  // namespace lb::test
