// SPDX-License-Identifier: Apache-2.0
#include "health/reach.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/fd.hpp"
#include "unit/ip.hpp"

namespace lb::health {
namespace {

using test::ip;

/// Bound to a port of 127.0.0.1 that nobody else has.
struct Port {
    Fd socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    std::uint16_t number = 0;

    Port() {
        sockaddr_in at{};
        socklen_t size = sizeof(at);
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        EXPECT_EQ(bind(socket.get(), reinterpret_cast<sockaddr*>(&at), size), 0);
        EXPECT_EQ(getsockname(socket.get(), reinterpret_cast<sockaddr*>(&at), &size), 0);
        number = ntohs(at.sin_port);
    }
};

TEST(Reach, TellsAListenerFromAHostWithoutOne) {
    const Port deaf, open;
    ASSERT_EQ(listen(open.socket.get(), 1), 0);
    const auto found = reach({{ip("127.0.0.1"), 0, open.number}, {ip("127.0.0.1"), 0, deaf.number}},
                             milliseconds{1000});
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].tcp, Reach::Tcp::accepted);
    EXPECT_EQ(found[0].port, open.number);
    EXPECT_EQ(found[1].tcp, Reach::Tcp::refused);
    EXPECT_TRUE(found[1].is_alive());
}

TEST(Reach, PingsWithFullPacketsOrSaysWhyNot) {
    const auto found =
        reach({{ip("127.0.0.1"), 1520, 0}, {ip("::1"), 1540, 0}}, milliseconds{1000});
    for (const auto& each : found) {
        EXPECT_EQ(each.tcp, Reach::Tcp::not_tried);
        if (!each.unknown.empty()) {
            EXPECT_EQ(each.unknown, "only root can send pings");
            continue;
        }
        EXPECT_TRUE(each.echo);
        EXPECT_TRUE(each.full_echo) << each.full;
        EXPECT_EQ(each.told, 0U);
    }
    EXPECT_EQ(found[0].full, found[0].unknown.empty() ? 1520U : 0U);
}

}  // namespace
}  // namespace lb::health
