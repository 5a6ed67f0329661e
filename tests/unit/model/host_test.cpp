// SPDX-License-Identifier: Apache-2.0
#include "model/host.hpp"

#include <gtest/gtest.h>

namespace lb {
namespace {

const Address kVip = Address::parse("192.0.2.10").value();
const Address kVip6 = Address::parse("2001:db8::10").value();

TEST(Obstacle, IsThatAnAddressOfOursNeedsAcceptLocal) {
    EXPECT_EQ(obstacle(kVip, "eth1", {true, false, 0}).text(),
              "vip 192.0.2.10 is an address of this host, which drops the answers to its checks: "
              "sysctl -w net.ipv4.conf.eth1.accept_local=1");
    EXPECT_TRUE(obstacle(kVip, "eth1", {true, true, 0}).empty());
    EXPECT_TRUE(obstacle(kVip, "eth1", {true, true, 2}).empty());
}

TEST(Obstacle, IsStrictReversePath) {
    EXPECT_EQ(obstacle(kVip, "eth1", {true, true, 1}).text(),
              "rp_filter drops the answers to checks of vip 192.0.2.10: "
              "sysctl -w net.ipv4.conf.eth1.rp_filter=2");
}

TEST(Obstacle, NamesASettingOfAVlanInterfaceAsSysctlFindsIt) {
    EXPECT_EQ(obstacle(kVip, "eth0.100", {true, false, 0}).command,
              "sysctl -w net.ipv4.conf.eth0/100.accept_local=1");
    EXPECT_EQ(obstacle(kVip, "eth0.100", {true, true, 1}).command,
              "sysctl -w net.ipv4.conf.eth0/100.rp_filter=2");
}

TEST(Obstacle, IsNotThereForOtherAddresses) {
    EXPECT_EQ(obstacle(kVip, "eth1", {false, false, 0}).text(), "");
    EXPECT_EQ(obstacle(kVip6, "eth1", {true, false, 1}).text(), "")
        << "Linux has no such rule for IPv6";
}

TEST(XdpOff, IsOfTheModeThatItIsIn) {
    EXPECT_EQ(xdp_off("eth0", "native"), "ip link set dev eth0 xdp off");
    EXPECT_EQ(xdp_off("eth0", "generic"), "ip link set dev eth0 xdpgeneric off")
        << "xdp off would leave it there, and say nothing";
}

TEST(HostVerdict, IsWorstWhereNothingIsKnown) {
    HostVerdict verdict;
    verdict.severity = Severity::warning;
    EXPECT_EQ(verdict.result(), "ok");
    verdict.findings.emplace_back();
    EXPECT_EQ(verdict.result(), "warning");
    verdict.unknown = "needs root";
    EXPECT_EQ(verdict.result(), "unknown");
}

}  // namespace
}  // namespace lb
