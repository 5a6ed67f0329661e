// SPDX-License-Identifier: Apache-2.0
#include "base/address.hpp"

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>
#include <netinet/in.h>

namespace lb {
namespace {

Address address(const char* text) {
    const auto parsed = Address::parse(text);
    EXPECT_TRUE(parsed) << text;
    return parsed.value_or(Address{});
}

TEST(Address, IsSixteenBytesInNetworkOrderWithIpv4Mapped) {
    const Address v4{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 10}};
    EXPECT_EQ(address("192.0.2.10"), v4);
    EXPECT_TRUE(v4.is_v4());
    EXPECT_EQ(v4.family(), AF_INET);
    const Address v6{{0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};
    EXPECT_EQ(address("2001:db8::1"), v6);
    EXPECT_FALSE(v6.is_v4());
    EXPECT_EQ(v6.family(), AF_INET6);
}

TEST(Address, PrintsTheCanonicalText) {
    EXPECT_EQ(address("192.0.2.10").text(), "192.0.2.10");
    EXPECT_EQ(address("2001:0DB8:0:0:0:0:0:1").text(), "2001:db8::1");
    EXPECT_EQ(address("::").text(), "::");
}

TEST(Address, TakesNothingButALiteral) {
    for (const auto* text :
         {"", "localhost", "10.0.0", "10.0.0.256", "10.0.0.1 ", " 10.0.0.1", "010.0.0.1",
          "10.0.0.1/8", "[::1]", "fe80::1%eth0", "1::2::3", "2130706433"})
        EXPECT_FALSE(Address::parse(text)) << text;
    EXPECT_FALSE(Address::parse(std::string_view{"10.0.0.1\0x", 10}));
}

TEST(Address, HasOneSpellingForAnIpv4Address) {
    EXPECT_FALSE(Address::parse("::ffff:10.0.0.1"));
    EXPECT_FALSE(Address::parse("::ffff:a00:1"));
}

TEST(Prefix, IsReadAndPrintedInBothFamilies) {
    for (const auto* text : {"10.0.0.0/8", "0.0.0.0/0", "203.0.113.66/32", "2001:db8::/32", "::/0",
                             "2001:db8::1/128", "192.0.2.128/25"}) {
        const auto prefix = Prefix::parse(text);
        ASSERT_TRUE(prefix) << text;
        EXPECT_EQ(prefix->text(), text);
    }
    EXPECT_EQ(Prefix::parse("10.0.0.0/8")->length, 104);
    EXPECT_EQ(Prefix::parse("2001:db8::/32")->length, 32);
}

TEST(Prefix, TakesNothingElse) {
    for (const auto* text : {"", "10.0.0.0", "10.0.0.0/", "/8", "10.0.0.0/33", "2001:db8::/129",
                             "10.0.0.1/8", "2001:db8::1/64", "10.0.0.0/08", "10.0.0.0/+8",
                             "10.0.0.0/8 ", "10.0.0.0/-1", "10.0.0.0/8/8", "192.0.2.129/25"})
        EXPECT_FALSE(Prefix::parse(text)) << text;
}

TEST(Address, KnowsItsKind) {
    EXPECT_TRUE(address("0.0.0.0").is_unspecified());
    EXPECT_TRUE(address("::").is_unspecified());
    EXPECT_FALSE(address("0.0.0.1").is_unspecified());
    EXPECT_TRUE(address("127.255.0.1").is_loopback());
    EXPECT_TRUE(address("::1").is_loopback());
    EXPECT_FALSE(address("128.0.0.1").is_loopback());
    EXPECT_FALSE(address("::2").is_loopback());
    EXPECT_TRUE(address("169.254.1.1").is_link_local());
    EXPECT_TRUE(address("febf::1").is_link_local());
    EXPECT_FALSE(address("fec0::1").is_link_local());
    EXPECT_FALSE(address("169.253.1.1").is_link_local());
    EXPECT_TRUE(address("224.0.0.1").is_multicast());
    EXPECT_TRUE(address("239.255.255.255").is_multicast());
    EXPECT_TRUE(address("ff02::1").is_multicast());
    EXPECT_FALSE(address("223.255.255.255").is_multicast());
    EXPECT_FALSE(address("240.0.0.1").is_multicast());
    EXPECT_TRUE(address("255.255.255.255").is_broadcast());
    EXPECT_FALSE(address("255.255.255.254").is_broadcast());
    EXPECT_FALSE(address("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff").is_broadcast());
}

TEST(Address, IsOrderedByItsBytes) {
    std::vector<Address> sorted{address("::1"), address("10.0.0.1"), address("10.0.1.0"),
                                address("192.0.2.1"), address("2001:db8::1")};
    EXPECT_TRUE(std::is_sorted(sorted.begin(), sorted.end()));
}

TEST(Endpoint, ReadsAndPrintsAnAddressAndAPort) {
    for (const auto* text : {"192.0.2.1:80", "[2001:db8::1]:65535"}) {
        const auto endpoint = Endpoint::parse(text);
        ASSERT_TRUE(endpoint) << text;
        EXPECT_EQ(endpoint->text(), text);
    }
}

TEST(Endpoint, TakesNothingElse) {
    for (const auto* text :
         {"", ":", "192.0.2.1", "192.0.2.1:", "192.0.2.1:0", "192.0.2.1:65536", "192.0.2.1:+80",
          "192.0.2.1:80 ", "[192.0.2.1]:80", "2001:db8::1:80", "[]:80", "[2001:db8::1]", "host:80"})
        EXPECT_FALSE(Endpoint::parse(text)) << text;
}

TEST(Endpoint, BecomesASocketAddress) {
    unsigned length = 0;
    auto storage = Endpoint{address("192.0.2.1"), 80}.sockaddr_of(length);
    const auto& in = reinterpret_cast<const sockaddr_in&>(storage);
    EXPECT_EQ(length, sizeof(sockaddr_in));
    EXPECT_EQ(in.sin_family, AF_INET);
    EXPECT_EQ(in.sin_port, htons(80));
    EXPECT_EQ(in.sin_addr.s_addr, htonl(0xc0000201));
    storage = Endpoint{address("2001:db8::1"), 443}.sockaddr_of(length);
    const auto& in6 = reinterpret_cast<const sockaddr_in6&>(storage);
    EXPECT_EQ(length, sizeof(sockaddr_in6));
    EXPECT_EQ(in6.sin6_family, AF_INET6);
    EXPECT_EQ(in6.sin6_port, htons(443));
    EXPECT_EQ(in6.sin6_addr.s6_addr[15], 1);
    EXPECT_EQ(in6.sin6_scope_id, 0u);
}

}  // namespace
}  // namespace lb
