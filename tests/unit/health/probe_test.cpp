// SPDX-License-Identifier: Apache-2.0
/// Probes against real sockets: backends that work, and backends that misbehave.
#include "health/probe.hpp"

#include <cerrno>
#include <chrono>

#include <gtest/gtest.h>

#include "health/curl_loop.hpp"
#include "unit/health/backend.hpp"

namespace lb::health {
namespace {

using namespace std::chrono_literals;
using test::answers;
using test::Backend;
using test::Connection;
using test::ok;

constexpr milliseconds kTimeout = 300ms;
constexpr milliseconds kSlack = 250ms;  // sanitizers on a busy machine

struct Observed {
    CheckResult result;
    std::string notes;
};

class ProbeTest : public testing::Test {
protected:
    Definition definition(CheckType type, const Endpoint& backend) const {
        Check check;
        check.type = type;
        check.timeout = kTimeout;
        return define(check, backend);
    }
    Definition http(const Backend& backend) const {
        return definition(CheckType::http, backend.endpoint());
    }

    /// One attempt, to its end and a turn of the loop beyond.
    Observed attempt(const Definition& what, bool verbose = false) {
        Observed observed;
        int calls = 0;
        loop.post([&] {
            make_probe({loop, lag, curl}, what, verbose)
                ->start([&](const CheckResult& result, const std::string& notes) {
                    observed = {result, notes};
                    ++calls;
                    loop.post([&] { loop.stop(); });
                });
        });
        loop.run();
        EXPECT_EQ(calls, 1);
        return observed;
    }

    void expect(CheckReason reason, const CheckResult& result) {
        EXPECT_STREQ(text(result.reason), text(reason));
        const bool passes = reason == CheckReason::ok;
        const bool local = reason >= CheckReason::local_descriptors;
        EXPECT_EQ(result.outcome, passes  ? Outcome::pass
                                  : local ? Outcome::inconclusive
                                          : Outcome::fail);
        EXPECT_LT(result.duration, kTimeout + kSlack);
    }

    Loop loop;
    Lag lag{loop, [] {}};
    CurlLoop curl{loop};
};

using TcpProbeTest = ProbeTest;
using HttpProbeTest = ProbeTest;

TEST_F(TcpProbeTest, PassesWhenTheBackendAccepts) {
    Backend backend{[](Connection& connection) { connection.hang(); }};
    expect(CheckReason::ok, attempt(definition(CheckType::tcp, backend.endpoint())).result);
}

TEST_F(TcpProbeTest, ClosesWithRstSoThatNoTimeWaitPilesUp) {
    std::atomic<bool> was_reset = false;
    Backend backend{[&](Connection& connection) { was_reset = connection.is_reset(); }};
    expect(CheckReason::ok, attempt(definition(CheckType::tcp, backend.endpoint())).result);
    backend.finish();
    EXPECT_TRUE(was_reset);
}

TEST_F(TcpProbeTest, SpeaksIpv6) {
    Backend backend{[](Connection& connection) { connection.hang(); }, "::1"};
    expect(CheckReason::ok, attempt(definition(CheckType::tcp, backend.endpoint())).result);
}

TEST_F(TcpProbeTest, FailsWhenNobodyListens) {
    expect(CheckReason::backend_refused,
           attempt(definition(CheckType::tcp, test::nobody())).result);
}

/// A listener whose queue is full: the kernel drops further SYNs, as a dead machine does.
TEST_F(TcpProbeTest, FailsAtItsDeadlineWhenNothingComesBack) {
    const test::Silent silent;
    const auto result = attempt(definition(CheckType::tcp, silent.endpoint())).result;
    expect(CheckReason::backend_timeout, result);
    EXPECT_GE(result.duration, kTimeout);
}

TEST_F(TcpProbeTest, BlamesNobodyWhenWeAreOutOfDescriptors) {
    Backend backend{[](Connection& connection) { connection.hang(); }};
    const auto what = definition(CheckType::tcp, backend.endpoint());
    expect(CheckReason::ok, attempt(what).result);  // also: UBSan needs a descriptor the first time
    const test::NoMoreDescriptors none;
    expect(CheckReason::local_descriptors, attempt(what).result);
}

TEST_F(TcpProbeTest, BlamesNobodyWhenOurOwnLoopWasLate) {
    const test::Silent silent;
    Timer timer{loop};
    timer.in(50ms, [] { test::busy_for(kTimeout); });
    const auto result = attempt(definition(CheckType::tcp, silent.endpoint())).result;
    EXPECT_STREQ(text(result.reason), "local.late");
    EXPECT_EQ(result.outcome, Outcome::inconclusive);
}

TEST_F(HttpProbeTest, PassesOnAnExpectedStatus) {
    Backend backend{answers(ok())};
    expect(CheckReason::ok, attempt(http(backend)).result);
}

TEST_F(HttpProbeTest, ClosesWithRstSoThatNoTimeWaitPilesUp) {
    std::atomic<bool> was_reset = false;
    Backend backend{[&](Connection& connection) {
        connection.hear();
        connection.say(ok());
        was_reset = connection.is_reset();
    }};
    expect(CheckReason::ok, attempt(http(backend)).result);
    backend.finish();
    EXPECT_TRUE(was_reset);
}

TEST_F(HttpProbeTest, SpeaksIpv6) {
    Backend backend{answers(ok()), "::1"};
    expect(CheckReason::ok, attempt(http(backend)).result);
}

TEST_F(HttpProbeTest, FailsOnAnotherStatusAndSaysWhich) {
    Backend backend{answers("HTTP/1.1 503 Sorry\r\nContent-Length: 0\r\n\r\n")};
    const auto result = attempt(http(backend)).result;
    expect(CheckReason::backend_status, result);
    EXPECT_EQ(result.detail, 503);
}

TEST_F(HttpProbeTest, AcceptsRangesOfStatus) {
    Backend backend{answers("HTTP/1.1 404 No\r\n\r\n")};
    auto what = http(backend);
    what.expect_status = {{200, 299}, {404, 404}};
    expect(CheckReason::ok, attempt(what).result);
}

TEST_F(HttpProbeTest, FollowsNoRedirect) {
    Backend elsewhere{answers(ok())};
    Backend backend{answers("HTTP/1.1 302 There\r\nLocation: http://" +
                            elsewhere.endpoint().text() + "/\r\nContent-Length: 0\r\n\r\n")};
    const auto result = attempt(http(backend)).result;
    expect(CheckReason::backend_status, result);
    EXPECT_EQ(result.detail, 302);
    EXPECT_EQ(elsewhere.connections(), 0);
}

TEST_F(HttpProbeTest, FollowsNoRedirectThatIsExpectedEither) {
    Backend backend{
        answers("HTTP/1.1 302 There\r\nLocation: /\r\nContent-Length: 7\r\n\r\nhealthy")};
    auto what = http(backend);
    what.expect_status = {{302, 302}};
    what.expect_body = "healthy";
    expect(CheckReason::ok, attempt(what).result);
}

TEST_F(HttpProbeTest, SendsExactlyThisRequest) {
    std::string request;
    Backend backend{[&](Connection& connection) {
        connection.hear();
        request = connection.request();
        connection.say(ok());
    }};
    auto what = http(backend);
    what.path = "/a/../health?x=1#y";
    what.host = "www.example.org";
    setenv("http_proxy", "http://127.0.0.1:9", 1);  // no business of ours
    expect(CheckReason::ok, attempt(what).result);
    unsetenv("http_proxy");
    EXPECT_EQ(request,
              "GET /a/../health?x=1#y HTTP/1.1\r\nHost: www.example.org\r\nUser-Agent: "
              "lbd-check/" LBD_VERSION "\r\nAccept: */*\r\nConnection: close\r\n\r\n");
}

TEST_F(HttpProbeTest, NamesTheBackendWhenNoHostIsGiven) {
    std::string request;
    Backend backend{[&](Connection& connection) {
        connection.hear();
        request = connection.request();
        connection.say(ok());
    }};
    expect(CheckReason::ok, attempt(http(backend)).result);
    EXPECT_NE(request.find("\r\nHost: " + backend.endpoint().text() + "\r\n"), request.npos);
}

TEST_F(HttpProbeTest, WaitsThroughInterimResponses) {
    Backend backend{answers("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\n\r\n" + ok())};
    expect(CheckReason::ok, attempt(http(backend)).result);
}

TEST_F(HttpProbeTest, LooksForTheBodyAcrossPieces) {
    Backend backend{[](Connection& connection) {
        connection.hear();
        connection.say("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
        for (const char* piece : {"3\r\nI a\r\n", "4\r\nm he\r\n", "4\r\nalth\r\n"}) {
            connection.say(piece);
            connection.hang(30);
        }
        connection.hang();  // never ends the body: what is needed was there
    }};
    auto what = http(backend);
    what.expect_body = "am health";
    expect(CheckReason::ok, attempt(what).result);
}

TEST_F(HttpProbeTest, FailsWithoutTheExpectedBody) {
    Backend backend{answers(ok("something else"))};
    auto what = http(backend);
    what.expect_body = "healthy";
    expect(CheckReason::backend_body, attempt(what).result);
}

TEST_F(HttpProbeTest, AnsweringTheStatusIsEnoughWhenTheBodyDoesNotMatter) {
    Backend backend{[](Connection& connection) {
        connection.hear();
        connection.say("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n");
        connection.hang();
    }};
    expect(CheckReason::ok, attempt(http(backend)).result);
}

TEST_F(HttpProbeTest, FailsWhenNobodyListens) {
    expect(CheckReason::backend_refused,
           attempt(definition(CheckType::http, test::nobody())).result);
}

TEST_F(HttpProbeTest, FailsAtItsDeadlineWhenTheBackendAcceptsAndHangs) {
    Backend backend{[](Connection& connection) { connection.hang(); }};
    const auto result = attempt(http(backend)).result;
    expect(CheckReason::backend_timeout, result);
    EXPECT_GE(result.duration, kTimeout);
}

TEST_F(HttpProbeTest, ADripDoesNotMoveTheDeadline) {
    Backend backend{[](Connection& connection) {
        connection.hear();
        for (const char c : ok())
            if (!connection.say({c}) || !connection.hang(60)) return;
    }};
    expect(CheckReason::backend_timeout, attempt(http(backend)).result);
}

TEST_F(HttpProbeTest, FailsOnGarbage) {
    Backend backend{answers("\x01\x02\xff SSH-2.0-nonsense\r\n\r\n")};
    expect(CheckReason::backend_malformed, attempt(http(backend)).result);
}

TEST_F(HttpProbeTest, FailsOnAnotherVersionOfHttp) {
    Backend backend{answers("HTTP/7.1 200 OK\r\n\r\n")};
    expect(CheckReason::backend_malformed, attempt(http(backend)).result);
}

TEST_F(HttpProbeTest, FailsWhenTheBackendClosesWithoutAWord) {
    Backend backend{[](Connection& connection) { connection.hear(); }};
    expect(CheckReason::backend_closed_early, attempt(http(backend)).result);
}

TEST_F(HttpProbeTest, FailsWhenTheBackendClosesWithinTheBody) {
    Backend backend{answers("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort")};
    auto what = http(backend);
    what.expect_body = "healthy";
    expect(CheckReason::backend_closed_early, attempt(what).result);
}

TEST_F(HttpProbeTest, FailsWhenTheBackendResets) {
    Backend backend{[](Connection& connection) {
        connection.hear();
        connection.reset();
    }};
    expect(CheckReason::backend_reset, attempt(http(backend)).result);
}

TEST_F(HttpProbeTest, StopsReadingHeadersThatNeverEnd) {
    std::uint64_t said = 0;
    const std::string line = "X-Filler: " + std::string(500, 'x') + "\r\n";
    Backend backend{[&](Connection& connection) {
        connection.hear();
        connection.say("HTTP/1.1 200 OK\r\n");
        while (said < 10'000'000 && connection.say(line))
            said = connection.said();
    }};
    expect(CheckReason::backend_too_large, attempt(http(backend)).result);
    backend.finish();
    EXPECT_LT(said, 8'000'000u);  // the rest never left the backend's socket
}

TEST_F(HttpProbeTest, RefusesMoreThan16KiBOfHeaders) {
    std::string response = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i < 17; ++i)
        response += "A: " + std::string(1000, 'b') + "\r\n";
    Backend backend{answers(response + "\r\n")};
    expect(CheckReason::backend_too_large, attempt(http(backend)).result);
}

TEST_F(HttpProbeTest, RefusesMoreThanAHundredHeaderLines) {
    std::string response = "HTTP/1.1 200 OK\r\n";
    for (int i = 0; i < 101; ++i)
        response += "A: b\r\n";
    Backend backend{answers(response + "\r\n")};
    expect(CheckReason::backend_too_large, attempt(http(backend)).result);
}

TEST_F(HttpProbeTest, RefusesALongStatusLine) {
    Backend backend{answers("HTTP/1.1 200 " + std::string(300, 'a') + "\r\n\r\n")};
    expect(CheckReason::backend_too_large, attempt(http(backend)).result);
}

/// libcurl calls that "out of memory"; it is the backend's doing.
TEST_F(HttpProbeTest, BlamesTheBackendForALineWithoutEnd) {
    Backend backend{answers("HTTP/1.1 200 " + std::string(1'000'000, 'a'))};
    expect(CheckReason::backend_too_large, attempt(http(backend)).result);
}

TEST_F(HttpProbeTest, StopsReadingABodyThatNeverEnds) {
    Backend backend{[](Connection& connection) {
        connection.hear();
        connection.say("HTTP/1.1 200 OK\r\n\r\n");
        while (connection.say(std::string(65536, 'x'))) {
        }
    }};
    auto what = http(backend);
    what.expect_body = "healthy";
    expect(CheckReason::backend_too_large, attempt(what).result);
}

TEST_F(HttpProbeTest, ItsNotesTellTheStoryAndHideControlCharacters) {
    Backend backend{answers("HTTP/1.1 200 OK\r\nX-Evil: \x1b[31mred\r\nContent-Length: 0\r\n\r\n")};
    const auto notes = attempt(http(backend), true).notes;
    EXPECT_NE(notes.find("* connect to 127.0.0.1:"), notes.npos) << notes;
    EXPECT_NE(notes.find("> GET / HTTP/1.1\n"), notes.npos) << notes;
    EXPECT_NE(notes.find("< X-Evil: \\x1b[31mred\n"), notes.npos) << notes;
    EXPECT_NE(notes.find("* pass: ok\n"), notes.npos) << notes;
}

TEST_F(HttpProbeTest, LeavesNothingBehind) {
    Backend backend{answers(ok())};
    attempt(http(backend));
    const auto before = test::open_descriptors();
    for (int i = 0; i < 50; ++i)
        attempt(http(backend));
    EXPECT_EQ(test::open_descriptors(), before);
}

TEST(Classify, KnowsWhoseFaultItIs) {
    struct Case {
        int err;
        Met met;
        CheckReason reason;
    };
    const auto here = Met::here;
    const auto wire = Met::on_the_wire;
    for (const auto& [err, met, reason] : {
             Case{0, wire, CheckReason::ok},
             Case{ECONNREFUSED, wire, CheckReason::backend_refused},
             Case{ECONNREFUSED, here, CheckReason::backend_refused},  // loopback answers at once
             Case{ECONNRESET, wire, CheckReason::backend_reset},
             Case{EPIPE, wire, CheckReason::backend_reset},
             Case{ETIMEDOUT, wire, CheckReason::backend_timeout},
             Case{EHOSTUNREACH, wire, CheckReason::backend_unreachable},
             Case{ENETUNREACH, wire, CheckReason::backend_unreachable},
             Case{EACCES, wire, CheckReason::backend_unreachable},
             Case{EHOSTUNREACH, here, CheckReason::local_no_route},
             Case{ENETUNREACH, here, CheckReason::local_no_route},
             Case{EMFILE, here, CheckReason::local_descriptors},
             Case{ENFILE, here, CheckReason::local_descriptors},
             Case{ENOMEM, here, CheckReason::local_memory},
             Case{ENOBUFS, here, CheckReason::local_memory},
             Case{EADDRNOTAVAIL, here, CheckReason::local_no_source},
             Case{EADDRINUSE, here, CheckReason::local_no_source},
             Case{EACCES, here, CheckReason::local_permission},
             Case{EPERM, here, CheckReason::local_permission},
             Case{ENETDOWN, here, CheckReason::local_link_down},
             Case{EINVAL, here, CheckReason::local_other},
         })
        EXPECT_STREQ(text(classify(err, met).reason), text(reason)) << err;
    EXPECT_EQ(classify(EINVAL, here).detail, EINVAL);
}

}  // namespace
}  // namespace lb::health
