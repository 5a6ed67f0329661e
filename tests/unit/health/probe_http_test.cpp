// SPDX-License-Identifier: Apache-2.0
/// HTTP checks against real sockets: backends that work, and backends that misbehave.
#include "unit/health/probing.hpp"
#include "unit/health/until.hpp"

namespace lb::health {
namespace {

using test::answers;
using test::Backend;
using test::Connection;
using test::ok;
using HttpProbeTest = ProbeTest;

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

/// Handles are used again: whatever was asked before, a request is the same as from a new one.
TEST_F(HttpProbeTest, SendsNothingOfWhatWasAskedBefore) {
    const auto heard = [this](const std::function<void(Definition&)>& change, bool verbose) {
        std::string request;
        Backend backend{[&](Connection& connection) {
            connection.hear();
            request = connection.request();
            connection.say(ok());
        }};
        auto what = http(backend);
        what.host = "www.example.com";
        change(what);
        attempt(what, verbose);
        backend.finish();
        return request;
    };
    const auto plain = [](Definition&) {};
    const auto first = heard(plain, false);
    ASSERT_TRUE(first.starts_with("GET / HTTP/1.1\r\n")) << first;
    heard([](Definition& what) { what.type = CheckType::grpc; }, true);
    EXPECT_EQ(heard(plain, false), first);
    heard([](Definition& what) { what.method = HttpMethod::head; }, true);
    EXPECT_EQ(heard(plain, false), first);
    heard([](Definition& what) { what.http_version = HttpVersion::http2; }, false);
    EXPECT_EQ(heard(plain, false), first);
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

TEST_F(HttpProbeTest, LooksForTheHeader) {
    Backend backend{answers("HTTP/1.1 200 OK\r\nX-Shop:  front end \r\nContent-Length: 0\r\n\r\n")};
    const auto with = [&](const char* expected) {
        auto what = http(backend);
        what.expect_header = expected;
        return attempt(what).result;
    };
    for (const char* right : {"X-Shop: front end", "x-shop:front end", "X-Shop:"})
        expect(CheckReason::ok, with(right));
    for (const char* wrong : {"X-Shop: front", "X-Sho: front end", "Shop:", "X-Shop: Front end"})
        expect(CheckReason::backend_header, with(wrong));
}

TEST_F(HttpProbeTest, LooksForTheHeaderInTheAnswerAndNotInAnInterimOne) {
    Backend backend{answers("HTTP/1.1 103 Early\r\nX-Shop: a\r\n\r\nHTTP/1.1 200 OK\r\n\r\n")};
    auto what = http(backend);
    what.expect_header = "X-Shop: a";
    expect(CheckReason::backend_header, attempt(what).result);
}

/// libcurl 7.88 appends it to the last header of the transfer before, which is freed, if there was
/// one with the same handle.
TEST_F(HttpProbeTest, AFoldedLineThatFollowsNothingMeetsNoHeaderOfTheAttemptBefore) {
    Backend first{answers("HTTP/1.1 200 OK\r\nX-Shop: frontend\r\n\r\n")};
    Backend second{answers("HTTP/1.1 200 OK\r\n  and: more\r\n\r\n")};
    auto wanted = http(first);
    wanted.expect_header = "X-Other";
    expect(CheckReason::backend_header, attempt(wanted).result);
    wanted.backend = second.endpoint();
    expect(CheckReason::backend_malformed, attempt(wanted).result);
}

TEST_F(HttpProbeTest, AsksForHeadersOnlyIfThatIsWanted) {
    std::string request;
    Backend backend{[&](Connection& connection) {
        connection.hear();
        request = connection.request();
        connection.say("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
        connection.hang();
    }};
    auto what = http(backend);
    what.method = HttpMethod::head;
    expect(CheckReason::ok, attempt(what).result);
    backend.finish();
    EXPECT_TRUE(request.starts_with("HEAD / HTTP/1.1\r\n")) << request;
}

TEST_F(HttpProbeTest, FailsWhenTlsMeetsNoTls) {
    Backend backend{[](Connection& connection) {
        connection.say("HTTP/1.1 400 No\r\n\r\n");
        connection.hang();
    }};
    auto what = http(backend);
    what.type = CheckType::https;
    expect(CheckReason::backend_tls, attempt(what).result);
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
    // the backend's thread may not have closed the last connection yet, nor the first one then
    EXPECT_TRUE(test::until(loop, [&] { return test::open_descriptors() <= before; }));
}

}  // namespace
}  // namespace lb::health
