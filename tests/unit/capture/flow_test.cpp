// SPDX-License-Identifier: Apache-2.0
#include "capture/flow.hpp"

#include <gtest/gtest.h>

namespace lb::capture {
namespace {

std::string bytes(std::string_view digits) {
    std::string text;
    for (std::size_t at = 0; at + 1 < digits.size(); at += 2)
        text += static_cast<char>(std::stoi(std::string{digits.substr(at, 2)}, nullptr, 16));
    return text;
}

const std::string kMacs =
    "02000000000102000000000"
    "2";
const std::string kIpv4 =
    "4500003c00000000400600"
    "00c6120002cb00710a";
const std::string kIpv6 =
    "6000000000141140"
    "20010db8000100000000000000000002"
    "20010db8011300000000000000000010";
const std::string kPorts = "9c400050";

TEST(Flow, NamesBothEndsAndTheProtocol) {
    EXPECT_EQ(flow_of(bytes(kMacs + "0800" + kIpv4 + kPorts)),
              "198.18.0.2:40000 -> 203.0.113.10:80/tcp");
    EXPECT_EQ(flow_of(bytes(kMacs + "86dd" + kIpv6 + kPorts)),
              "[2001:db8:1::2]:40000 -> [2001:db8:113::10]:80/udp");
}

TEST(Flow, LooksBehindTags) {
    EXPECT_EQ(flow_of(bytes(kMacs + "88a8000a" + "81000064" + "0800" + kIpv4 + kPorts)),
              "198.18.0.2:40000 -> 203.0.113.10:80/tcp");
}

TEST(Flow, HasNoPortsInALaterFragment) {
    auto later = kIpv4;
    later.replace(12, 4, "0004");
    EXPECT_EQ(flow_of(bytes(kMacs + "0800" + later + kPorts)), "198.18.0.2 -> 203.0.113.10/tcp");
}

TEST(Flow, IsUnknownWhereTheFrameEndsTooEarly) {
    const auto whole = bytes(kMacs + "0800" + kIpv4 + kPorts);
    for (std::size_t size = 0; size < 14 + 20; ++size)
        EXPECT_EQ(flow_of(whole.substr(0, size)), "?") << size;
    for (std::size_t size = 14 + 20; size < whole.size(); ++size)
        EXPECT_EQ(flow_of(whole.substr(0, size)), "198.18.0.2 -> 203.0.113.10/tcp") << size;
    EXPECT_EQ(flow_of(bytes(kMacs + "0806")), "?") << "ARP";
}

}  // namespace
}  // namespace lb::capture
