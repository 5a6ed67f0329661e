// SPDX-License-Identifier: Apache-2.0
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "unit/health/probing.hpp"

namespace lb::health {
namespace {

using namespace std::chrono_literals;
using test::Backend;
using test::Connection;
using TcpProbeTest = ProbeTest;

TEST_F(TcpProbeTest, PassesWhenTheBackendAccepts) {
    Backend backend{[](Connection& connection) { connection.hang(); }};
    expect(CheckReason::ok, attempt(definition(CheckType::tcp, backend.endpoint())).result);
}

/// SYN, SYN-ACK, RST: accept() never returns it.
TEST_F(TcpProbeTest, LeavesNothingForTheApplicationToAccept) {
    const Fd listener{socket(AF_INET, SOCK_STREAM, 0)};
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(at);
    ASSERT_EQ(bind(listener.get(), reinterpret_cast<const sockaddr*>(&at), size), 0);
    ASSERT_EQ(listen(listener.get(), 10), 0);
    getsockname(listener.get(), reinterpret_cast<sockaddr*>(&at), &size);
    const Endpoint endpoint{Address::parse("127.0.0.1").value(), ntohs(at.sin_port)};
    pollfd waiting{listener.get(), POLLIN, 0};
    for (const auto* which : {"with a new socket", "with the one before"}) {
        expect(CheckReason::ok, attempt(definition(CheckType::tcp, endpoint)).result);
        EXPECT_EQ(poll(&waiting, 1, 50), 0) << which;
    }
}

TEST_F(TcpProbeTest, SpeaksIpv6) {
    Backend backend{[](Connection& connection) { connection.hang(); }, "::1"};
    expect(CheckReason::ok, attempt(definition(CheckType::tcp, backend.endpoint())).result);
}

TEST_F(TcpProbeTest, FailsWhenNobodyListens) {
    expect(CheckReason::backend_refused,
           attempt(definition(CheckType::tcp, test::nobody())).result);
}

TEST_F(TcpProbeTest, ComesFromTheSourceThatIsAskedFor) {
    std::string peer;
    Backend backend{[&](Connection& connection) {
        peer = connection.peer();
        connection.say("+PONG");
        connection.hang();
    }};
    Check check;
    check.timeout = kTimeout;
    check.expect = "+PONG";
    check.source = Address::parse("127.0.0.2").value();
    expect(CheckReason::ok, attempt(define(check, backend.endpoint())).result);
    backend.finish();
    EXPECT_EQ(peer, "127.0.0.2");
}

TEST_F(TcpProbeTest, LeavesThroughTheInterfaceThatIsAskedFor) {
    Backend backend{[](Connection& connection) { connection.hang(); }};
    Check check;
    check.timeout = kTimeout;
    check.interface = "lo";
    expect(CheckReason::ok, attempt(define(check, backend.endpoint())).result);
    check.interface = "lbd-has-none";
    EXPECT_EQ(attempt(define(check, backend.endpoint())).result.outcome, Outcome::inconclusive);
}

/// A listener whose queue is full: the kernel drops further SYNs, as a dead machine does.
TEST_F(TcpProbeTest, FailsAtItsDeadlineWhenNothingComesBack) {
    const test::Silent silent;
    const auto result = attempt(definition(CheckType::tcp, silent.endpoint())).result;
    expect(CheckReason::backend_timeout, result);
    EXPECT_GE(result.duration, kTimeout);
}

/// INV-7.
TEST_F(TcpProbeTest, BlamesNobodyWhenWeAreOutOfDescriptors) {
    Backend backend{[](Connection& connection) { connection.hang(); }};
    auto what = definition(CheckType::tcp, backend.endpoint());
    what.source = Address::parse("127.0.0.1").value();  // so that no spare one will do
    expect(CheckReason::ok, attempt(what).result);  // also: UBSan needs a descriptor the first time
    const test::NoMoreDescriptors none;
    expect(CheckReason::local_descriptors, attempt(what).result);
}

// -------------------------------------------------------------------------------- send and expect

class TcpTalkTest : public ProbeTest {
protected:
    Definition talk(const Backend& backend, const std::string& send, const std::string& expect) {
        auto what = definition(CheckType::tcp, backend.endpoint());
        what.send = send;
        what.expect = expect;
        return what;
    }
};

TEST_F(TcpTalkTest, PassesWhenTheBackendGreets) {
    Backend backend{[](Connection& connection) {
        connection.say("220 mail.exa");
        connection.hang(20);
        connection.say("mple.com ESMTP");
        connection.hang();
    }};
    expect(CheckReason::ok, attempt(talk(backend, "", "example.com")).result);
}

TEST_F(TcpTalkTest, ClosesWithRstSoThatNoTimeWaitPilesUp) {
    std::atomic<bool> was_reset = false;
    Backend backend{[&](Connection& connection) {
        connection.say("+PONG");
        was_reset = connection.is_reset();
    }};
    expect(CheckReason::ok, attempt(talk(backend, "", "+PONG")).result);
    backend.finish();
    EXPECT_TRUE(was_reset);
}

TEST_F(TcpTalkTest, SaysWhatItIsToldAndHearsTheAnswer) {
    std::string heard;
    Backend backend{[&](Connection& connection) {
        connection.hear();
        heard = connection.request();
        connection.say("+PONG\r\n");
        connection.hang();
    }};
    expect(CheckReason::ok, attempt(talk(backend, "PING\r\n\r\n", "+PONG")).result);
    backend.finish();
    EXPECT_EQ(heard, "PING\r\n\r\n");
}

TEST_F(TcpTalkTest, FailsWhenTheBackendSaysSomethingElse) {
    Backend backend{[](Connection& connection) { connection.say("-LOADING"); }};
    expect(CheckReason::backend_answer, attempt(talk(backend, "", "+PONG")).result);
}

TEST_F(TcpTalkTest, FailsWhenTheBackendSaysNothing) {
    Backend closes{[](Connection&) {}};
    expect(CheckReason::backend_closed_early, attempt(talk(closes, "", "+PONG")).result);
    Backend hangs{[](Connection& connection) { connection.hang(); }};
    expect(CheckReason::backend_timeout, attempt(talk(hangs, "", "+PONG")).result);
}

TEST_F(TcpTalkTest, ReadsFourKilobytesAndNoMore) {
    Backend endless{[](Connection& connection) {
        while (connection.say(std::string(1000, 'x')))
            continue;
    }};
    expect(CheckReason::backend_answer, attempt(talk(endless, "", "+PONG")).result);
    Backend late{[](Connection& connection) {
        connection.say(std::string(kMostReply - 5, 'x') + "+PONG");
        connection.hang();
    }};
    expect(CheckReason::ok, attempt(talk(late, "", "+PONG")).result);
    Backend later{[](Connection& connection) {
        connection.say(std::string(kMostReply - 4, 'x') + "+PONG");
        connection.hang();
    }};
    expect(CheckReason::backend_answer, attempt(talk(later, "", "+PONG")).result);
}

/// The answer comes while other things keep us from the deadline as well: by less than what counts
/// as a late loop.
TEST_F(TcpTalkTest, BlamesNobodyForAnAnswerThatWeHaveNotReadYet) {
    std::atomic<bool> speak = false;
    Backend backend{[&](Connection& connection) {
        while (!speak)
            connection.hang(1);
        connection.say("+PONG");
        connection.hang();
    }};
    Timer first{loop}, second{loop};
    first.in(kTimeout - 50ms, [] { test::busy_for(60ms); });  // then both are due in one turn
    second.in(kTimeout - 1ms, [&] {
        speak = true;
        test::busy_for(40ms);
    });
    const auto result = attempt(talk(backend, "", "+PONG")).result;
    EXPECT_STREQ(text(result.reason), "local.late");
    EXPECT_EQ(result.outcome, Outcome::inconclusive);
}

TEST_F(TcpProbeTest, BlamesNobodyWhenOurOwnLoopWasLate) {
    const test::Silent silent;
    Timer timer{loop};
    timer.in(50ms, [] { test::busy_for(kTimeout); });
    const auto result = attempt(definition(CheckType::tcp, silent.endpoint())).result;
    EXPECT_STREQ(text(result.reason), "local.late");
    EXPECT_EQ(result.outcome, Outcome::inconclusive);
}

}  // namespace
}  // namespace lb::health
