// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "diagnosis/diagnosis.hpp"
#include "unit/ip.hpp"

namespace lb::diagnosis {
namespace {

using test::ip;
using testing::ElementsAre;
using testing::IsEmpty;

/// As docs/backends.md makes it, with lbd-decap.
struct OfBackend : testing::Test {
    BackendFacts facts;

    OfBackend() {
        facts.interface = facts.way_out = "eth0";
        facts.vips = {{ip("192.0.2.10"), "lo"}};
        facts.balancers = {ip("10.0.0.1")};
        facts.arp_ignore = 1;
        facts.arp_announce = 2;
        facts.decap = {"eth0", "native", {ip("192.0.2.10")}, {ip("10.0.0.1")}, {}};
    }
    /// "rp_filter: sysctl ..."
    std::vector<std::string> said() const {
        std::vector<std::string> lines;
        for (const auto& trouble : of_backend(facts))
            lines.push_back(trouble.code + ": " + trouble.fix);
        return lines;
    }
};

constexpr auto kAttach = "lbd-decap attach eth0 --vip 192.0.2.10 --from 10.0.0.1";

TEST_F(OfBackend, HasNothingToSayIfAllIsThere) {
    EXPECT_THAT(said(), IsEmpty());
}

TEST_F(OfBackend, MissesWhatTakesTheTunnelOff) {
    facts.decap = DecapView{};
    EXPECT_THAT(said(), ElementsAre(std::string{"decap.missing: "} + kAttach));
    facts.balancers.clear();
    EXPECT_THAT(said(), ElementsAre("decap.missing: lbd-decap attach eth0 --vip 192.0.2.10 --from "
                                    "BALANCER"));
    facts.tunnels = {{"tunl0", 0}};
    EXPECT_THAT(said(), IsEmpty()) << "the kernel does it";
    facts.tunnels.clear();
    facts.forward = ForwardMode::l2;
    EXPECT_THAT(said(), IsEmpty()) << "there is no tunnel";
    facts.forward = ForwardMode::ipip;
    facts.decap.reset();
    EXPECT_THAT(said(), IsEmpty()) << "nobody knows";
}

TEST_F(OfBackend, MissesVipsAndBalancersInItsListsAndKeepsTheOthers) {
    facts.decap->vips = {ip("192.0.2.9")};
    EXPECT_THAT(said(), ElementsAre("decap.vip: lbd-decap attach eth0 --vip 192.0.2.9 --vip "
                                    "192.0.2.10 --from 10.0.0.1"));
    facts.decap->vips = {ip("192.0.2.10")};
    facts.decap->balancers = {ip("10.0.0.2")};
    EXPECT_THAT(said(), ElementsAre("decap.balancer: lbd-decap attach eth0 --vip 192.0.2.10 --from "
                                    "10.0.0.2 --from 10.0.0.1"));
}

TEST_F(OfBackend, MissesTheVipOnLo) {
    facts.vips[0].interface.clear();
    EXPECT_THAT(said(), ElementsAre("vip.missing: ip address replace 192.0.2.10/32 dev lo"));
    facts.vips[0].interface = "eth0";
    EXPECT_THAT(said(), ElementsAre("vip.loud: ip address replace 192.0.2.10/32 dev lo; ip address "
                                    "del 192.0.2.10 dev eth0"));
}

TEST_F(OfBackend, WantsItQuietAboutVipsOfIPv4) {
    facts.arp_ignore = facts.arp_announce = 0;
    EXPECT_THAT(said(), ElementsAre("arp.ignore: sysctl -w net.ipv4.conf.all.arp_ignore=1",
                                    "arp.announce: sysctl -w net.ipv4.conf.all.arp_announce=2"));
    facts.vips = {{ip("2001:db8::10"), "lo"}};
    facts.decap->vips = {ip("2001:db8::10")};
    EXPECT_THAT(said(), IsEmpty());
}

TEST_F(OfBackend, SeesThatStrictFilteringDropsWhatLeavesAnotherWay) {
    facts.rp_filter = 1;
    EXPECT_THAT(said(), IsEmpty()) << "they leave the way that they came";
    facts.way_out = "eth1";
    EXPECT_THAT(said(), ElementsAre("rp_filter: sysctl -w net.ipv4.conf.eth0.rp_filter=2"));
    facts.rp_filter = 2;
    EXPECT_THAT(said(), IsEmpty());
    facts.decap = DecapView{};
    facts.tunnels = {{"tunl0", 1}};
    EXPECT_THAT(said(), ElementsAre("rp_filter: sysctl -w net.ipv4.conf.tunl0.rp_filter=2"));
}

TEST_F(OfBackend, NamesASettingOfAVlanInterfaceAsSysctlFindsIt) {
    facts.interface = facts.decap->interface = "eth0.100";
    facts.rp_filter = 1;
    facts.way_out = "eth1";
    EXPECT_THAT(said(), ElementsAre("rp_filter: sysctl -w net.ipv4.conf.eth0/100.rp_filter=2"));
}

}  // namespace
}  // namespace lb::diagnosis
