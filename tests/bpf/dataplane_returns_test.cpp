// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "dataplane/returns.hpp"

namespace lb::dataplane {
namespace {

const Address kVip = Address::parse("192.0.2.10").value();
const Address kVip6 = Address::parse("2001:db8::10").value();

TEST(Returns, AnAddressOfOursNeedsAcceptLocal) {
    EXPECT_EQ(obstacle(kVip, "eth1", {true, false, 0}),
              "vip 192.0.2.10 is an address of this host, which drops the answers to its checks: "
              "sysctl -w net.ipv4.conf.eth1.accept_local=1");
    EXPECT_EQ(obstacle(kVip, "eth1", {true, true, 0}), "");
    EXPECT_EQ(obstacle(kVip, "eth1", {true, true, 2}), "");
}

TEST(Returns, AndNoStrictReversePath) {
    EXPECT_EQ(obstacle(kVip, "eth1", {true, true, 1}),
              "rp_filter drops the answers to checks of vip 192.0.2.10: "
              "sysctl -w net.ipv4.conf.eth1.rp_filter=2");
}

TEST(Returns, NoOtherAddressDoes) {
    EXPECT_EQ(obstacle(kVip, "eth1", {false, false, 0}), "");
    EXPECT_EQ(obstacle(kVip6, "eth1", {true, false, 1}), "") << "Linux has no such rule for IPv6";
}

TEST(Returns, AreReadFromTheKernel) {
    const auto rules = return_rules(Address::parse("127.0.0.1").value(), "lo");
    EXPECT_TRUE(rules.is_own);
    EXPECT_FALSE(return_rules(kVip, "lo").is_own);
}

}  // namespace
}  // namespace lb::dataplane
