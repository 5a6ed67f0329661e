// SPDX-License-Identifier: Apache-2.0
/// A check over TCP that passed leaves its socket for the next one; nobody notices but the kernel.
#include "health/spares.hpp"

#include <set>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "unit/health/probing.hpp"
#include "unit/health/until.hpp"

namespace lb::health {
namespace {

using test::answers;
using test::Backend;
using test::Connection;
using test::ok;

class SparesTest : public ProbeTest {
protected:
    Definition plain(const Endpoint& backend) const { return definition(CheckType::tcp, backend); }
    CheckReason check(const Endpoint& backend) { return attempt(plain(backend)).result.reason; }
    /// So many descriptors; a Backend closes its own a moment later.
    bool are_open(int count) {
        return test::until(loop, [&] { return test::open_descriptors() == count; });
    }
    static Backend::Behaviour hangs() {
        return [](Connection& connection) { connection.hang(); };
    }
};

TEST_F(SparesTest, TheNextCheckOpensNothing) {
    const Backend backend{hangs()};
    for (int i = 0; i < 2; ++i)  // UBSan needs a descriptor where it looks for the first time
        EXPECT_EQ(check(backend.endpoint()), CheckReason::ok);
    const test::NoMoreDescriptors none;
    EXPECT_EQ(check(backend.endpoint()), CheckReason::ok);
    EXPECT_EQ(check(backend.endpoint()), CheckReason::ok);
}

TEST_F(SparesTest, TheNextCheckMayBeOfAnotherType) {
    const Backend speaks{answers(ok())}, listens{hangs()};
    const int before = test::open_descriptors();
    for (int i = 0; i < 2; ++i) {
        expect(CheckReason::ok, attempt(http(speaks)).result);
        EXPECT_TRUE(are_open(before + 1));
        EXPECT_EQ(check(listens.endpoint()), CheckReason::ok);
        EXPECT_TRUE(are_open(before + 1));
    }
    EXPECT_EQ(speaks.connections(), 2);
}

TEST_F(SparesTest, WhatAnHttpBackendSaidTooMuchIsNotHeardByTheNext) {
    const Backend talks{answers(ok(std::string(100'000, 'x')))};
    const Backend fails{answers("HTTP/1.1 503 Sorry\r\nContent-Length: 0\r\n\r\n")};
    for (int i = 0; i < 3; ++i) {
        expect(CheckReason::ok, attempt(http(talks)).result);  // its body is not read
        expect(CheckReason::backend_status, attempt(http(fails)).result);
    }
}

TEST_F(SparesTest, AnHttpCheckThatFailedClosesItsSocket) {
    const Backend good{answers(ok())};
    const Backend hung{hangs()};
    const Backend bad{answers("nonsense\r\n\r\n")};
    const int before = test::open_descriptors();
    for (const auto* each : {&hung, &bad}) {
        expect(CheckReason::ok, attempt(http(good)).result);
        EXPECT_TRUE(are_open(before + 1));
        EXPECT_EQ(attempt(http(*each)).result.outcome, Outcome::fail);
        EXPECT_TRUE(are_open(before));
    }
}

TEST_F(SparesTest, WhatFailedIsClosed) {
    const Backend backend{hangs()};
    const test::Silent silent;
    for (const auto& dead : {test::nobody(), silent.endpoint()}) {
        EXPECT_EQ(check(backend.endpoint()), CheckReason::ok);
        const int before = test::open_descriptors();
        EXPECT_NE(check(dead), CheckReason::ok);  // it took the spare one
        EXPECT_EQ(test::open_descriptors(), before - 1);
    }
}

TEST_F(SparesTest, ASocketThatWasConnectedSaysTheTruthAboutTheNextBackend) {
    const Backend backend{hangs()};
    const test::Silent silent;
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(check(backend.endpoint()), CheckReason::ok);
        EXPECT_EQ(check(test::nobody()), CheckReason::backend_refused);
        EXPECT_EQ(check(backend.endpoint()), CheckReason::ok);
        EXPECT_EQ(check(silent.endpoint()), CheckReason::backend_timeout);
    }
}

TEST_F(SparesTest, AreOfOneFamily) {
    const Backend four{hangs()}, six{hangs(), "::1"};
    for (const auto& each : {four.endpoint(), six.endpoint(), four.endpoint(), six.endpoint()})
        EXPECT_EQ(check(each), CheckReason::ok);
    const test::NoMoreDescriptors none;
    EXPECT_EQ(check(four.endpoint()), CheckReason::ok);
    EXPECT_EQ(check(six.endpoint()), CheckReason::ok);
}

TEST_F(SparesTest, AreNotForChecksThatSayWhereTheyComeFrom) {
    const Backend backend{hangs()};
    auto from = plain(backend.endpoint());
    from.source = Address::parse("127.0.0.2").value();
    EXPECT_EQ(check(backend.endpoint()), CheckReason::ok);
    const int before = test::open_descriptors();
    for (int i = 0; i < 2; ++i)
        EXPECT_EQ(attempt(from).result.reason, CheckReason::ok);
    EXPECT_EQ(test::open_descriptors(), before);
    const test::NoMoreDescriptors none;
    EXPECT_EQ(attempt(from).result.reason, CheckReason::local_descriptors);
}

/// A listener, and sockets that are connected to it.
class SpareSocketsTest : public ProbeTest {
protected:
    SpareSocketsTest() {
        at_.sin_family = AF_INET;
        at_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof(at_);
        if (bind(listener_.get(), address(), size) != 0 || listen(listener_.get(), 1024) != 0 ||
            getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&at_), &size) != 0)
            std::abort();
    }
    const sockaddr* address() const { return reinterpret_cast<const sockaddr*>(&at_); }
    void join(const Fd& socket) const {
        ASSERT_EQ(connect(socket.get(), address(), sizeof(at_)), 0) << errno;
    }
    void give(Fd socket) {
        sockets.watch(socket.get(), EPOLLOUT | EPOLLET, [](std::uint32_t) {});
        spares.give(std::move(socket), AF_INET);
    }
    Fd connected() const {
        Fd one{socket(AF_INET, SOCK_STREAM, 0)};
        join(one);
        return one;
    }
    static in_port_t port_of(const Fd& socket) {
        sockaddr_in own{};
        socklen_t size = sizeof(own);
        getsockname(socket.get(), reinterpret_cast<sockaddr*>(&own), &size);
        return own.sin_port;
    }

    sockaddr_in at_{};
    Fd listener_{socket(AF_INET, SOCK_STREAM, 0)};
};

TEST_F(SpareSocketsTest, EndWithRst) {
    give(connected());
    const Fd accepted{accept(listener_.get(), nullptr, nullptr)};
    char byte = 0;
    EXPECT_EQ(recv(accepted.get(), &byte, 1, 0), -1);
    EXPECT_EQ(errno, ECONNRESET);
}

TEST_F(SpareSocketsTest, ComeFromAnotherPortEachTime) {
    std::set<in_port_t> ports;
    give(connected());
    for (int i = 0; i < 8; ++i) {
        auto spare = spares.take(AF_INET);
        ASSERT_TRUE(spare);
        join(spare);
        ports.insert(port_of(spare));
        give(std::move(spare));
    }
    EXPECT_GT(ports.size(), 1u);
}

TEST_F(SpareSocketsTest, DoNotKeepTheLoopBusy) {
    give(connected());
    int turns = 0;
    Timer end{loop};
    end.in(milliseconds{50}, [&] { loop.stop(); });
    Timer turn{loop};
    const Callback again = [&] { ++turns, turn.in(milliseconds{5}, again); };
    again();
    loop.run();
    EXPECT_LE(turns, 12);
}

TEST_F(SpareSocketsTest, AreNotKeptInAnyNumber) {
    const int before = test::open_descriptors();
    for (int i = 0; i < 300; ++i)
        give(connected());
    EXPECT_EQ(test::open_descriptors(), before + 256);
    int taken = 0;
    for (std::vector<Fd> all; auto spare = spares.take(AF_INET); ++taken)
        all.push_back(std::move(spare));
    EXPECT_EQ(taken, 256);
}

}  // namespace
}  // namespace lb::health
