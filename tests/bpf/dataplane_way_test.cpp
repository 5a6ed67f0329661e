// SPDX-License-Identifier: Apache-2.0
/// From a route and what the kernel says of its interface to what a frame needs.
#include <algorithm>
#include <string>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>

#include "dataplane/way.hpp"

namespace lb::dataplane {
namespace {

using host::interface_of;
using host::Mac;
using host::route_of;

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Address ip(const char* text) {
    return Address::parse(text).value();
}

Interface ethernet(unsigned ifindex, const std::string& name) {
    Interface interface;
    interface.ifindex = ifindex;
    interface.name = name;
    interface.mtu = 1500;
    interface.mac = {2, 0, 0, 0, 0, static_cast<std::uint8_t>(ifindex)};
    interface.is_ethernet = true;
    return interface;
}

Interface vlan(unsigned ifindex, unsigned lower) {
    auto interface = ethernet(ifindex, "vlan" + std::to_string(ifindex));
    interface.is_vlan = true;
    interface.lower = lower;
    interface.tag = {0x81, 0x00, 0x00, 0x2a};
    return interface;
}

/// What the kernel would say of a new interface of that kind.
class LinkMessage {
public:
    explicit LinkMessage(const char* kind) {
        header_ = mnl_nlmsg_put_header(buffer_.data());
        header_->nlmsg_type = RTM_NEWLINK;
        auto* info =
            static_cast<ifinfomsg*>(mnl_nlmsg_put_extra_header(header_, sizeof(ifinfomsg)));
        info->ifi_index = 7;
        info->ifi_type = ARPHRD_ETHER;
        mnl_attr_put_strz(header_, IFLA_IFNAME, "eth0.42");
        const Mac mac{2, 0, 0, 0, 0, 7};
        mnl_attr_put(header_, IFLA_ADDRESS, mac.size(), mac.data());
        mnl_attr_put_u32(header_, IFLA_LINK, 3);
        auto* nest = mnl_attr_nest_start(header_, IFLA_LINKINFO);
        mnl_attr_put_strz(header_, IFLA_INFO_KIND, kind);
        auto* data = mnl_attr_nest_start(header_, IFLA_INFO_DATA);
        mnl_attr_put_u16(header_, IFLA_VLAN_ID, 42);
        mnl_attr_put_u16(header_, IFLA_VLAN_PROTOCOL, htons(ETH_P_8021AD));
        mnl_attr_nest_end(header_, data);
        mnl_attr_nest_end(header_, nest);
    }
    Interface read() const { return interface_of(*header_).value(); }

private:
    alignas(nlmsghdr) std::array<char, 1024> buffer_{};
    nlmsghdr* header_;
};

TEST(Way, LeadsThroughTheInterfaceOfTheRoute) {
    const Route route{3, ip("10.0.0.1"), ip("10.0.0.9"), 0};
    const auto way =
        way_of(ip("10.1.0.1"), ForwardMode::gue, route, ethernet(3, "eth0"), nullptr, {});
    ASSERT_TRUE(way);
    EXPECT_EQ(way->hop, (Hop{3, ip("10.0.0.1")}));
    EXPECT_EQ(way->egress.ifindex, 3u);
    EXPECT_THAT(way->egress.tag, ElementsAre(0, 0, 0, 0));
}

TEST(Way, OfAVlanLeavesThroughTheInterfaceBelowWithItsTag) {
    const auto eth0 = ethernet(3, "eth0");
    const auto way = way_of(ip("10.0.0.2"), ForwardMode::l2, {7, {}, {}, 0}, vlan(7, 3), &eth0, {});
    ASSERT_TRUE(way);
    EXPECT_EQ(way->hop, (Hop{7, ip("10.0.0.2")})) << "its neighbours are those of the VLAN";
    EXPECT_EQ(way->egress.ifindex, 3u);
    EXPECT_THAT(way->egress.tag, ElementsAre(0x81, 0x00, 0x00, 0x2a));
    EXPECT_THAT(way->egress.mac, ElementsAre(2, 0, 0, 0, 0, 7));
}

TEST(Way, IsNoneThroughAVlanOnAVlanOrOnNothing) {
    const auto lower = vlan(7, 3);
    const auto through = [](const Interface& interface, const Interface* below) {
        const auto way =
            way_of(ip("10.0.0.2"), ForwardMode::ipip, {9, {}, {}, 0}, interface, below, {});
        return way ? std::string{} : way.error().what;
    };
    EXPECT_THAT(through(vlan(9, 7), &lower), HasSubstr("vlan9, which is a VLAN on a VLAN"));
    EXPECT_THAT(through(vlan(9, 8), nullptr), HasSubstr("a VLAN on nothing"));
    auto unknown = vlan(9, 3);
    unknown.tag = {};
    EXPECT_THAT(through(unknown, &lower), HasSubstr("a VLAN on nothing"));
}

TEST(Way, IsNoneThroughWhatCarriesNoEthernet) {
    auto tunnel = ethernet(4, "tun0");
    tunnel.is_ethernet = false;
    const auto way = way_of(ip("10.0.0.2"), ForwardMode::ipip, {4, {}, {}, 0}, tunnel, nullptr, {});
    ASSERT_FALSE(way);
    EXPECT_THAT(way.error().what, HasSubstr("tun0, which is no Ethernet interface"));
}

TEST(LinkMessages, SayWhatAVlanLiesOnAndItsTag) {
    const auto interface = LinkMessage{"vlan"}.read();
    EXPECT_TRUE(interface.is_vlan);
    EXPECT_EQ(interface.lower, 3u);
    EXPECT_THAT(interface.tag, ElementsAre(0x88, 0xa8, 0x00, 0x2a));
}

TEST(LinkMessages, SayNothingOfTheKindOfOthers) {
    const auto interface = LinkMessage{"macvlan"}.read();
    EXPECT_FALSE(interface.is_vlan);
    EXPECT_EQ(interface.lower, 0u);
    EXPECT_THAT(interface.tag, ElementsAre(0, 0, 0, 0));
}

}  // namespace
}  // namespace lb::dataplane
