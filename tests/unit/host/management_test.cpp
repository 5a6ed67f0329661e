// SPDX-License-Identifier: Apache-2.0
#include "host/management.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/ip.hpp"

namespace lb::host {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using test::ip;

constexpr auto kHead =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n";

/// A line of /proc/net/tcp on a little-endian machine.
std::string line(const std::string& local, const std::string& state) {
    return "   0: " + local + " 0200000A:D2F0 " + state + " 00000000:00000000 00:00000000     0\n";
}

TEST(Ssh, ReachesTheHostWhereItHasAConnection) {
    EXPECT_THAT(ssh_in(kHead + line("0B00000A:0016", "01")), ElementsAre(ip("10.0.0.11")));
    EXPECT_THAT(ssh_in(kHead + line("0B00000A:0050", "01")), IsEmpty()) << "port 80";
    EXPECT_THAT(ssh_in(kHead + line("0B00000A:0016", "06")), IsEmpty()) << "TIME_WAIT";
}

TEST(Ssh, ReachesTheHostWhereItListensByName) {
    EXPECT_THAT(ssh_in(kHead + line("0B00000A:0016", "0A")), ElementsAre(ip("10.0.0.11")));
    EXPECT_THAT(ssh_in(kHead + line("00000000:0016", "0A")), IsEmpty()) << "everywhere";
}

TEST(Ssh, UsesBothFamilies) {
    EXPECT_THAT(ssh_in(kHead + line("B80D0120000000000000000001000000:0016", "01")),
                ElementsAre(ip("2001:db8::1")));
    EXPECT_THAT(ssh_in(kHead + line("0000000000000000FFFF00000B00000A:0016", "01")),
                ElementsAre(ip("10.0.0.11")))
        << "an IPv4 client of a socket for both";
    EXPECT_THAT(ssh_in(kHead + line("00000000000000000000000000000000:0016", "0A")), IsEmpty());
}

TEST(Ssh, IsNotReadOutOfNonsense) {
    for (const auto* text : {"", "x", "a\nb\n", "a\n1: 0B00:0016 x 01\n", "a\n1: :0016 x 01\n"})
        EXPECT_THAT(ssh_in(text), IsEmpty()) << text;
}

TEST(Ssh, KnowsItsOwnSession) {
    EXPECT_TRUE(managed_at("198.51.100.7 40000 192.0.2.77 2222").contains(ip("192.0.2.77")));
    EXPECT_FALSE(managed_at("").contains(ip("192.0.2.77")));
}

}  // namespace
}  // namespace lb::host
