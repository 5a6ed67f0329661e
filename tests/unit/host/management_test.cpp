// SPDX-License-Identifier: Apache-2.0
#include "host/management.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/fd.hpp"
#include "host/netlink_sockets.hpp"
#include "unit/ip.hpp"

namespace lb::host {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using test::ip;

/// A socket of the family of `at`, bound there; `at` gets the port that it has.
Fd bound(Endpoint& at, int family) {
    Fd fd{socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    unsigned length = 0;
    const auto wanted = at.sockaddr_of(length);
    EXPECT_EQ(bind(fd.get(), reinterpret_cast<const sockaddr*>(&wanted), length), 0);
    sockaddr_in6 got{};
    length = sizeof(got);
    EXPECT_EQ(getsockname(fd.get(), reinterpret_cast<sockaddr*>(&got), &length), 0);
    at.port = ntohs(got.sin6_port);  // where IPv4 has it, too
    return fd;
}

Fd listening(Endpoint& at, int family) {
    auto fd = bound(at, family);
    EXPECT_EQ(listen(fd.get(), 1), 0);
    return fd;
}

Fd connected(const Endpoint& to) {
    Fd fd{socket(to.address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0)};
    unsigned length = 0;
    const auto where = to.sockaddr_of(length);
    EXPECT_EQ(connect(fd.get(), reinterpret_cast<const sockaddr*>(&where), length), 0);
    return fd;
}

std::set<Address> addresses(std::uint16_t port) {
    const auto found = addresses_of_tcp(port);
    EXPECT_TRUE(found) << found.error().what;
    return found.value_or(std::set<Address>{});
}

TEST(AddressesOfTcp, AreThoseWhereItListensByName) {
    Endpoint at{ip("127.0.0.7"), 0}, at6{ip("::1"), 0};
    const auto fd = listening(at, AF_INET), fd6 = listening(at6, AF_INET6);
    EXPECT_THAT(addresses(at.port), ElementsAre(ip("127.0.0.7")));
    EXPECT_THAT(addresses(at6.port), ElementsAre(ip("::1")));
}

TEST(AddressesOfTcp, AreThoseOfItsConnectionsWhereItListensEverywhere) {
    Endpoint at{ip("0.0.0.0"), 0};
    const auto fd = listening(at, AF_INET);
    EXPECT_THAT(addresses(at.port), IsEmpty());
    const auto client = connected({ip("127.0.0.8"), at.port});
    EXPECT_THAT(addresses(at.port), ElementsAre(ip("127.0.0.8")));
}

/// As sshd listens.
TEST(AddressesOfTcp, AreThoseOfBothFamiliesOfASocketForBoth) {
    Endpoint at{ip("::"), 0};
    const auto fd = listening(at, AF_INET6);
    EXPECT_THAT(addresses(at.port), IsEmpty());
    const auto client = connected({ip("127.0.0.9"), at.port});
    const auto client6 = connected({ip("::1"), at.port});
    EXPECT_THAT(addresses(at.port), ElementsAre(ip("::1"), ip("127.0.0.9")));
}

TEST(AddressesOfTcp, AreNotThoseOfWhatIsOver) {
    Endpoint at{ip("127.0.0.7"), 0};
    {
        const auto fd = listening(at, AF_INET);
        const auto client = connected(at);
        const Fd accepted{accept(fd.get(), nullptr, nullptr)};
        EXPECT_EQ(shutdown(accepted.get(), SHUT_RDWR), 0);  // it begins, and waits
    }
    EXPECT_THAT(addresses(at.port), IsEmpty());
}

TEST(AddressesOfTcp, AreNotThoseWhereSomebodyElseHasThePort) {
    Endpoint at{ip("127.0.0.7"), 0};
    const auto fd = listening(at, AF_INET);
    Endpoint other{ip("127.0.0.8"), 0};
    const auto own = listening(other, AF_INET);
    const auto client = connected(at);
    EXPECT_THAT(addresses(other.port), ElementsAre(ip("127.0.0.8")));
}

TEST(ManagedAt, KnowsItsOwnSession) {
    EXPECT_TRUE(managed_at("198.51.100.7 40000 192.0.2.77 2222")->contains(ip("192.0.2.77")));
    EXPECT_FALSE(managed_at("")->contains(ip("192.0.2.77")));
}

}  // namespace
}  // namespace lb::host
