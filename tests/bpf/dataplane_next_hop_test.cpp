// SPDX-License-Identifier: Apache-2.0
/// Next hops are what routes and neighbours say, within a second.
#include <cstring>

#include <bpf/bpf.h>
#include <gmock/gmock.h>
#include <net/if.h>

#include "dataplane_world.hpp"
#include "support/packet.hpp"

namespace lb::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

class NextHop : public DataplaneTest {
protected:
    void load() override {
        DataplaneTest::load();
        open();
    }
    void serve(const std::string& backend, ForwardMode forward = ForwardMode::ipip) {
        publish(TestTables{1}.backend(0, backend, forward).vip(0, "192.0.2.10:80", 0, 5, {0}));
    }
    std::uint64_t word(std::uint32_t backend = 0) const {
        lb_backend value{};
        EXPECT_EQ(bpf_map_lookup_elem(pinned_map("backends").get(), &backend, &value), 0);
        return value.nexthop;
    }
    /// The MAC address in the maps.
    std::string mac(std::uint32_t backend = 0) const {
        const auto nexthop = word(backend);
        unsigned char bytes[6];
        std::memcpy(bytes, &nexthop, sizeof(bytes));
        char text[18];
        std::snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", bytes[0], bytes[1],
                      bytes[2], bytes[3], bytes[4], bytes[5]);
        return text;
    }
    lb_egress egress(std::uint32_t backend = 0) const {
        const auto index = static_cast<std::uint32_t>(word(backend) >> LB_NEXTHOP_EGRESS_SHIFT);
        lb_egress value{};
        EXPECT_EQ(bpf_map_lookup_elem(pinned_map("egresses").get(), &index, &value), 0);
        return value;
    }
    std::size_t egresses_in_use() const {
        std::size_t count = 0;
        lb_egress value{};
        const auto map = pinned_map("egresses");
        for (std::uint32_t i = 0; i < LB_MAX_EGRESSES; ++i)
            count += bpf_map_lookup_elem(map.get(), &i, &value) == 0 && value.ifindex != 0;
        return count;
    }
    static std::string text(const std::uint8_t (&source4)[4]) {
        Address address;
        address.bytes[10] = address.bytes[11] = 0xff;
        std::memcpy(address.bytes.data() + 12, source4, 4);
        return address.text();
    }
    static std::string far_mac(const std::string& far = "far") {
        return far == "far" ? "02:00:00:00:01:02" : "02:00:00:00:02:02";
    }
};

TEST_F(NextHop, IsTheBackendItselfOnTheSameNetwork) {
    serve("10.0.1.2");
    EXPECT_TRUE(has_next_hop(0, far_mac() + " via near"));
    EXPECT_EQ(mac(), far_mac());
    const auto out = egress();
    EXPECT_EQ(out.ifindex, if_nametoindex("near"));
    EXPECT_EQ(out.mtu, 1500u);
    EXPECT_EQ(text(out.source4), "10.0.1.1");
    EXPECT_THAT(plane().problems(), IsEmpty());
}

TEST_F(NextHop, IsTheBackendItselfOverIpv6) {
    serve("2001:db8:1::2");
    EXPECT_TRUE(has_next_hop(0, far_mac() + " via near"));
    EXPECT_EQ(mac(), far_mac());
    Address source;
    const auto out = egress();
    std::memcpy(source.bytes.data(), out.source6, 16);
    EXPECT_EQ(source.text(), "2001:db8:1::1");
}

TEST_F(NextHop, IsTheGatewayElsewhere) {
    here("ip route add 10.9.0.0/24 via 10.0.2.2");
    here("ip route add 2001:db8:9::/64 via 2001:db8:2::2");
    publish(TestTables{1}.backend(0, "10.9.0.5").backend(1, "2001:db8:9::5"));
    EXPECT_TRUE(has_next_hop(0, far_mac("far2") + " via near2"));
    EXPECT_TRUE(has_next_hop(1, far_mac("far2") + " via near2"));
}

TEST_F(NextHop, MayBeAGatewayOfTheOtherFamily) {
    here("ip route add 10.9.0.0/24 via inet6 2001:db8:2::2 dev near2");
    serve("10.9.0.5");
    EXPECT_TRUE(has_next_hop(0, far_mac("far2") + " via near2"));
    EXPECT_EQ(text(egress().source4), "10.0.2.1");
}

TEST_F(NextHop, FollowsAnotherMacWithinASecond) {
    serve("10.0.1.2");
    ASSERT_TRUE(has_next_hop(0, far_mac() + " via near"));
    there("sh -c 'echo 1 > /proc/sys/net/ipv4/conf/far/arp_notify'");
    there("ip link set far address 02:00:00:00:01:99");
    EXPECT_TRUE(has_next_hop(0, "02:00:00:00:01:99 via near", 1s));
    EXPECT_EQ(mac(), "02:00:00:00:01:99");
}

TEST_F(NextHop, FollowsAnotherRouteWithinASecond) {
    here("ip route add 10.9.0.0/24 via 10.0.1.2");
    serve("10.9.0.5");
    ASSERT_TRUE(has_next_hop(0, far_mac() + " via near"));
    here("ip route replace 10.9.0.0/24 via 10.0.2.2");
    EXPECT_TRUE(has_next_hop(0, far_mac("far2") + " via near2", 1s));
    EXPECT_EQ(egress().ifindex, if_nametoindex("near2"));
    EXPECT_EQ(text(egress().source4), "10.0.2.1");
    // The egress that nothing names any more becomes free.
    EXPECT_TRUE(eventually([&] { return egresses_in_use() == 1; }));
}

TEST_F(NextHop, IsGoneWithItsRouteWithinASecond) {
    here("ip route add 10.9.0.0/24 via 10.0.1.2");
    serve("10.9.0.5");
    ASSERT_TRUE(has_next_hop(0, far_mac() + " via near"));
    here("ip route delete 10.9.0.0/24");
    EXPECT_TRUE(eventually([&] { return word() == 0; }, 1s));
    EXPECT_THAT(plane().next_hop(0), HasSubstr("no route to 10.9.0.5"));
    EXPECT_THAT(plane().problems(), ElementsAre(HasSubstr("no route to 10.9.0.5")));
}

TEST_F(NextHop, FollowsTheInterfaceItself) {
    serve("10.0.1.2");
    ASSERT_TRUE(has_next_hop(0, far_mac() + " via near"));
    here("ip link set near mtu 1400");
    EXPECT_TRUE(eventually([&] { return egress().mtu == 1400; }, 1s));
    here("ip link set near down");
    EXPECT_TRUE(eventually([&] { return word() == 0; }, 1s));
}

TEST_F(NextHop, HasTheMtuOfTheRouteIfThatIsSmaller) {
    here("ip route add 10.9.0.0/24 via 10.0.1.2 mtu 1300");
    serve("10.9.0.5");
    ASSERT_TRUE(has_next_hop(0, far_mac() + " via near"));
    EXPECT_EQ(egress().mtu, 1300u);
}

TEST_F(NextHop, IsMissingWhenNobodyAnswers) {
    serve("10.0.1.77");
    EXPECT_EQ(plane().next_hop(0), "10.0.1.77 does not answer ARP on near");
    EXPECT_EQ(word(), 0u);
    EXPECT_THAT(plane().problems(), ElementsAre(HasSubstr("10.0.1.77 does not answer ARP")));
}

TEST_F(NextHop, IsFoundWhenTheNeighbourComesUpLater) {
    serve("10.0.1.77");
    // Until the kernel has given up, so that only asking again helps.
    ASSERT_TRUE(eventually(
        [&] { return std::system("ip neighbour show 10.0.1.77 | grep -q FAILED") == 0; }));
    there("ip address add 10.0.1.77/24 dev far");
    EXPECT_TRUE(has_next_hop(0, far_mac() + " via near"));
}

TEST_F(NextHop, OfL2IsNeverAGateway) {
    here("ip route add 10.9.0.0/24 via 10.0.1.2");
    serve("10.9.0.5", ForwardMode::l2);
    EXPECT_THAT(plane().next_hop(0), HasSubstr("10.9.0.5 is behind the gateway 10.0.1.2"));
    EXPECT_EQ(word(), 0u);
}

TEST_F(NextHop, NeedsAnEthernetInterface) {
    here("ip tuntap add dev tunnel mode tun");
    here("ip link set tunnel up");
    here("ip route add 10.9.0.0/24 dev tunnel");
    here("ip route add 10.8.0.0/24 dev lo");
    publish(TestTables{1}.backend(0, "10.9.0.5").backend(1, "10.8.0.5").backend(2, "10.0.1.1"));
    EXPECT_THAT(plane().next_hop(0), HasSubstr("tunnel, which is no Ethernet interface"));
    EXPECT_THAT(plane().next_hop(1), HasSubstr("lo, which is no Ethernet interface"));
    EXPECT_THAT(plane().next_hop(2), HasSubstr("10.0.1.1 is an address of this host"));
}

TEST_F(NextHop, SendsFromTheConfiguredSource) {
    serve("10.0.1.2");
    ASSERT_TRUE(has_next_hop(0, far_mac() + " via near"));
    plane().set_sources(address("192.0.2.250"), std::nullopt);  // not an address of this host
    EXPECT_TRUE(eventually([&] { return text(egress().source4) == "192.0.2.250"; }, 1s));
    plane().set_sources(address("10.0.2.1"), std::nullopt);
    EXPECT_TRUE(eventually([&] { return text(egress().source4) == "10.0.2.1"; }, 1s));
    plane().set_sources(std::nullopt, std::nullopt);
    EXPECT_TRUE(eventually([&] { return text(egress().source4) == "10.0.1.1"; }, 1s));
}

TEST_F(NextHop, StaysTheSameOverARestart) {
    serve("10.0.1.2");
    ASSERT_TRUE(has_next_hop(0, far_mac() + " via near"));
    const auto before = word();
    open();
    EXPECT_EQ(word(), before);
    EXPECT_EQ(egress().ifindex, if_nametoindex("near"));
    serve("10.0.1.2");
    EXPECT_EQ(word(), before);
    EXPECT_EQ(egresses_in_use(), 1u);
}

TEST_F(NextHop, IsGoneWithItsBackend) {
    serve("10.0.1.2");
    ASSERT_TRUE(has_next_hop(0, far_mac() + " via near"));
    publish(TestTables{2});
    walk({0});
    EXPECT_EQ(word(), 0u);
    EXPECT_TRUE(eventually([&] { return egresses_in_use() == 0; }));
}

TEST_F(NextHop, IsKeptWarmByTheKernelUntilTheBackendGoes) {
    const auto is_managed = [] {
        return std::system("ip neighbour show 10.0.1.2 | grep -q managed") == 0;
    };
    serve("10.0.1.2");
    ASSERT_TRUE(has_next_hop(0, far_mac() + " via near"));
    EXPECT_TRUE(is_managed());
    publish(TestTables{2});
    walk({0});
    EXPECT_FALSE(is_managed());
}

TEST_F(NextHop, LeavesANeighbourAloneThatAPersonHasSet) {
    here("ip neighbour add 10.0.1.50 lladdr 02:00:00:00:00:50 dev near nud permanent");
    serve("10.0.1.50");
    EXPECT_EQ(plane().next_hop(0), "02:00:00:00:00:50 via near");
    EXPECT_EQ(std::system("ip neighbour show 10.0.1.50 | grep -q PERMANENT"), 0);
}

TEST_F(NextHop, ReadsEverythingAgainAfterMoreNoticesThanFit) {
    serve("10.0.1.2");
    ASSERT_TRUE(has_next_hop(0, far_mac() + " via near"));
    // Thousands of notices while lbd is not looking; the one that counts finds no room any more.
    here(
        "sh -c 'for i in $(seq 40); do for j in $(seq 250); do echo neighbour add 10.77.$i.$j "
        "lladdr 02:00:00:00:00:01 dev near2 nud permanent; done; done | ip -batch -'");
    here("ip neighbour replace 10.0.1.2 lladdr 02:00:00:00:00:99 dev near nud permanent");
    EXPECT_TRUE(has_next_hop(0, "02:00:00:00:00:99 via near", 1s));
}

}  // namespace
}  // namespace lb::test
