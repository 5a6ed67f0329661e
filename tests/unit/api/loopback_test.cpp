// SPDX-License-Identifier: Apache-2.0
/// The door for everybody on this host: few paths, no changes, no strangers' names.
#include "api/loopback.hpp"

#include <array>
#include <cerrno>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "api/server.hpp"
#include "unit/api/fake_core.hpp"

namespace lb::api {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

constexpr int kPatienceMs = 20'000;

/// One that nobody has at this moment.
Endpoint free_endpoint() {
    const Fd fd{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    EXPECT_EQ(bind(fd.get(), reinterpret_cast<sockaddr*>(&address), length), 0);
    getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &length);
    return {*Address::parse("127.0.0.1"), ntohs(address.sin_port)};
}

class Loopback : public testing::Test {
protected:
    void serve() {
        auto opened = Server::open(loop_, where_, core_, limits_);
        ASSERT_TRUE(opened) << opened.error().what;
        server_ = std::move(*opened);
        thread_ = std::thread{[this] { loop_.run(); }};
    }
    ~Loopback() override {
        if (!thread_.joinable()) return;
        loop_.post([this] { loop_.stop(); });
        thread_.join();
    }

    Fd connected() const {
        unsigned length = 0;
        const auto address = where_.sockaddr_of(length);
        Fd fd{socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        if (connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0) return {};
        return fd;
    }
    std::string talk(const std::string& bytes) const {
        const auto fd = connected();
        if (!fd) return "(refused)";
        (void)!::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        std::string answer;
        std::array<char, 4096> piece{};
        for (pollfd ready{fd.get(), POLLIN, 0}; poll(&ready, 1, kPatienceMs) == 1;) {
            const auto got = recv(fd.get(), piece.data(), piece.size(), 0);
            if (got <= 0) return answer;
            answer.append(piece.data(), static_cast<std::size_t>(got));
        }
        return answer + "(and no end)";
    }
    std::string request(const std::string& method, const std::string& path,
                        const std::string& host = "localhost") const {
        return talk(method + " " + path + " HTTP/1.1\r\nHost: " + host +
                    "\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    }

    Endpoint where_ = free_endpoint();
    FakeCore core_;
    Limits limits_;
    Loop loop_;
    std::unique_ptr<Server> server_;
    std::thread thread_;
};

TEST_F(Loopback, TellsMetricsAndWhetherLbdIsWell) {
    serve();
    const auto metrics = request("GET", "/metrics");
    EXPECT_THAT(metrics, StartsWith("HTTP/1.1 200"));
    EXPECT_THAT(metrics, HasSubstr("Content-Type: text/plain; version=0.0.4"));
    EXPECT_THAT(metrics, HasSubstr("lbd_generation 43\n"));
    EXPECT_THAT(request("GET", "/healthz"), StartsWith("HTTP/1.1 200"));
    EXPECT_THAT(request("GET", "/readyz"), StartsWith("HTTP/1.1 200"));
    EXPECT_THAT(request("HEAD", "/metrics"), Not(HasSubstr("lbd_generation")));
}

TEST_F(Loopback, SaysWhyItIsNotReady) {
    core_.not_ready = "detached";
    serve();
    EXPECT_THAT(request("GET", "/readyz"),
                testing::AllOf(StartsWith("HTTP/1.1 503"), HasSubstr("\r\n\r\ndetached\n")));
}

TEST_F(Loopback, ShowsThePageAndWhatItNeeds) {
    serve();
    const auto page = request("GET", "/");
    EXPECT_THAT(page, StartsWith("HTTP/1.1 200"));
    EXPECT_THAT(page, HasSubstr("Content-Type: text/html; charset=utf-8"));
    EXPECT_THAT(page, HasSubstr("<p>whole</p>"));
    EXPECT_THAT(request("GET", "/?unfolded="), HasSubstr("<p>with</p>"));
    EXPECT_THAT(request("GET", "/?unfolded=web:0,api:3"), HasSubstr("<p>with api:3 web:0</p>"));
    EXPECT_THAT(request("HEAD", "/"), Not(HasSubstr("<p>")));
    EXPECT_THAT(request("GET", "/page.css"), HasSubstr("Content-Type: text/css"));
    EXPECT_THAT(request("GET", "/page.js"), HasSubstr("Content-Type: text/javascript"));
    EXPECT_THAT(request("GET", "/page.svg"), HasSubstr("Content-Type: image/svg+xml"));
}

TEST_F(Loopback, LetsNoOtherPageIn) {
    serve();
    for (const char* path : {"/", "/page.js", "/metrics", "/nowhere"}) {
        const auto answer = request("GET", path);
        EXPECT_THAT(answer, HasSubstr("Content-Security-Policy: default-src 'none'; ")) << path;
        EXPECT_THAT(answer, HasSubstr("X-Frame-Options: DENY")) << path;
        EXPECT_THAT(answer, HasSubstr("X-Content-Type-Options: nosniff")) << path;
        EXPECT_THAT(answer, HasSubstr("Cache-Control: no-store")) << path;
    }
}

TEST_F(Loopback, WhoSitsThereLongestMakesWayForWhoComes) {
    limits_.clients = 4;
    serve();
    std::vector<Fd> silent;
    for (int i = 0; i < 12; ++i)
        silent.push_back(connected());
    EXPECT_THAT(request("GET", "/healthz"), StartsWith("HTTP/1.1 200"));
    char nothing = 0;
    EXPECT_EQ(recv(silent.front().get(), &nothing, 1, 0), 0) << "the first one was sent away";
}

TEST_F(Loopback, TellsNothingElse) {
    serve();
    for (const char* path :
         {"/page", "/page.css/", "/api/v1/status", "/api/v1/config", "/api/v1/version"})
        EXPECT_THAT(request("GET", path), StartsWith("HTTP/1.1 404")) << path;
}

TEST_F(Loopback, ChangesNothing) {
    serve();
    for (const char* path : {"/metrics", "/api/v1/detach", "/nowhere"})
        for (const char* method : {"POST", "PUT", "DELETE"}) {
            const auto answer = request(method, path);
            EXPECT_THAT(answer, StartsWith("HTTP/1.1 405")) << method << path;
            EXPECT_THAT(answer, HasSubstr("Allow: GET, HEAD")) << method << path;
        }
}

TEST_F(Loopback, DoesNotAnswerToAStrangersName) {
    serve();
    for (const char* host : {"evil.example", "localhost.evil.example", "127.0.0.1.evil.example"})
        EXPECT_THAT(request("GET", "/metrics", host), StartsWith("HTTP/1.1 403")) << host;
    EXPECT_THAT(talk("GET /metrics HTTP/1.0\r\n\r\n"), StartsWith("HTTP/1.1 403"));
}

TEST(OwnHost, IsLocalhostOrALiteralAddress) {
    for (const char* own : {"localhost", "localhost:9677", "127.0.0.1", "127.0.0.1:9677", "[::1]",
                            "[::1]:9677", "10.0.0.1"})
        EXPECT_TRUE(is_own_host(own)) << own;
    for (const char* strange : {"", "example.com", "localhost.example.com", "localhostx",
                                "127.0.0.1.example.com", "[::1].example.com", "[x]", "127.0.0.1:x"})
        EXPECT_FALSE(is_own_host(strange)) << strange;
}

TEST_F(Loopback, NamesAnAddressThatIsTaken) {
    serve();
    const auto second = Server::open(loop_, where_, core_);
    ASSERT_FALSE(second);
    EXPECT_THAT(second.error().what, HasSubstr(where_.text() + ": Address already in use"));
}

TEST_F(Loopback, AFailedSecondOneTakesNothingAwayFromTheFirst) {
    serve();
    EXPECT_FALSE(Server::open(loop_, where_, core_));
    EXPECT_THAT(request("GET", "/healthz"), StartsWith("HTTP/1.1 200"));
}

}  // namespace
}  // namespace lb::api
