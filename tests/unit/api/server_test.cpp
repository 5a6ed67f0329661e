// SPDX-License-Identifier: Apache-2.0
/// The real server on a unix socket, the real client of lbctl, and clients that misbehave.
#include "api/server.hpp"

#include <cstring>
#include <filesystem>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fd.hpp"
#include "cli/client.hpp"
#include "model/json.hpp"
#include "model/json_event.hpp"
#include "unit/api/fake_core.hpp"
#include "unit/api/nobody.hpp"

namespace lb::api {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr auto kLong = 20s;  // no test waits that long unless it fails

class Serving : public testing::Test {
protected:
    Serving() {
        std::string name = fs::temp_directory_path() / "lbd-api-XXXXXX";
        folder_ = mkdtemp(name.data());
        socket_ = folder_ + "/run/lbd.sock";
    }
    ~Serving() override {
        stop();
        server_.reset();
        fs::remove_all(folder_);
    }

    void serve(const Limits& limits = {}) {
        auto opened = Server::open(loop_, socket_, core_, limits);
        ASSERT_TRUE(opened) << opened.error().what;
        server_ = std::move(*opened);
        thread_ = std::thread{[this] { loop_.run(); }};
    }
    void stop() {
        if (!thread_.joinable()) return;
        loop_.post([this] { loop_.stop(); });  // a stop() before run() would be lost
        thread_.join();
    }
    /// Runs on the loop; returns when it has.
    void on_loop(Callback callback) {
        std::promise<void> done;
        loop_.post([&] {
            callback();
            done.set_value();
        });
        ASSERT_EQ(done.get_future().wait_for(kLong), std::future_status::ready);
    }

    cli::Client client() const { return {socket_, kLong, "status"}; }

    Fd connect() const {
        Fd fd{socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::strncpy(address.sun_path, socket_.c_str(), sizeof(address.sun_path) - 1);
        const auto* where = reinterpret_cast<const sockaddr*>(&address);
        if (::connect(fd.get(), where, sizeof(address)) != 0) return {};
        return fd;
    }
    static void send(const Fd& fd, const std::string& bytes) {
        for (std::size_t sent = 0; sent < bytes.size();) {
            const auto some =
                ::send(fd.get(), bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
            if (some <= 0) return;  // the server hung up
            sent += static_cast<std::size_t>(some);
        }
    }
    /// Until the server closes the connection.
    static std::string receive_all(const Fd& fd) {
        std::string bytes;
        std::array<char, 4096> piece{};
        for (pollfd ready{fd.get(), POLLIN, 0};;) {
            if (poll(&ready, 1, std::chrono::milliseconds{kLong}.count()) != 1)
                return bytes + "(and no end)";
            const auto got = recv(fd.get(), piece.data(), piece.size(), 0);
            if (got <= 0) return bytes;
            bytes.append(piece.data(), static_cast<std::size_t>(got));
        }
    }
    std::string talk(const std::string& bytes) const {
        const auto fd = connect();
        send(fd, bytes);
        return receive_all(fd);
    }
    std::string request(const std::string& method, const std::string& path,
                        const std::string& body = {}) const {
        return talk(method + " " + path + " HTTP/1.1\r\nHost: lbd\r\nConnection: close\r\n" +
                    "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    }

    std::string folder_, socket_;
    FakeCore core_;
    Loop loop_;
    std::unique_ptr<Server> server_;
    std::thread thread_;
};

// ---------------------------------------------------------------------------------- what it says

TEST_F(Serving, GivesTheStatusThatTheCoreHas) {
    serve();
    const auto answer = client().get("/api/v1/status");
    ASSERT_TRUE(answer) << answer.error().what;
    EXPECT_EQ(*answer, json::print(core_.view));
}

TEST_F(Serving, AnswersEveryPathThatCanBeRead) {
    serve();
    for (const char* path : {"/healthz", "/readyz", "/metrics", "/api/v1/version", "/api/v1/status",
                             "/api/v1/config", "/api/v1/vips", "/api/v1/vips/shop", "/api/v1/pools",
                             "/api/v1/pools/web", "/api/v1/backends", "/api/v1/backends/web/web-1",
                             "/api/v1/explain?vip=shop&source=203.0.113.5:40000",
                             "/api/v1/explain?vip=shop&source=%5B2001:db8::5%5D:40000"}) {
        EXPECT_THAT(request("GET", path), StartsWith("HTTP/1.1 200")) << path;
        EXPECT_THAT(request("HEAD", path), StartsWith("HTTP/1.1 200")) << path;
    }
}

TEST_F(Serving, SaysWhichNameItDoesNotKnow) {
    serve();
    for (const char* path :
         {"/api/v1/vips/nope", "/api/v1/pools/nope", "/api/v1/backends/nope/nope",
          "/api/v1/explain?vip=nope&source=192.0.2.1:1"}) {
        const auto answer = request("GET", path);
        EXPECT_THAT(answer, StartsWith("HTTP/1.1 404")) << path;
        EXPECT_THAT(answer, HasSubstr("nope")) << path;
    }
}

TEST_F(Serving, SaysThatAPathIsUnknown) {
    serve();
    for (const char* path :
         {"//", "/page", "/api/v1", "/api/v1/vips/", "/api/v1/vips/a/b", "/api/v2/status",
          "/api/v1/backends/web", "/api/v1/backends//x/state", "//healthz"})
        EXPECT_THAT(request("GET", path), StartsWith("HTTP/1.1 404")) << path;
}

TEST_F(Serving, NamesTheMethodsOfAPath) {
    serve();
    const auto answer = request("DELETE", "/api/v1/apply");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 405"));
    EXPECT_THAT(answer, HasSubstr("Allow: POST"));
    EXPECT_THAT(answer, HasSubstr("\"kind\": \"invalid\""));
}

TEST_F(Serving, AsksForBothArgumentsOfExplain) {
    serve();
    for (const char* query : {"", "?vip=shop", "?source=192.0.2.1:1", "?vip=shop&source=192.0.2.1",
                              "?vip=shop&source=2001:db8::1:1"})
        EXPECT_THAT(request("GET", std::string{"/api/v1/explain"} + query),
                    StartsWith("HTTP/1.1 400"))
            << query;
}

// ---------------------------------------------------------------------------------- what it does

TEST_F(Serving, HandsAnApplyToTheCore) {
    serve();
    const auto answer = client().post(
        "/api/v1/apply",
        R"({"config": "version: 1\n", "filename": "a.yaml", "comment": "why", "dry_run": true})");
    ASSERT_TRUE(answer) << answer.error().what;
    EXPECT_EQ(json::parse_change(*answer)->generation, 44U);
    stop();
    ASSERT_EQ(core_.applied.size(), 1U);
    EXPECT_EQ(core_.applied[0].config, "version: 1\n");
    EXPECT_EQ(core_.applied[0].filename, "a.yaml");
    EXPECT_EQ(core_.applied[0].comment, "why");
    EXPECT_TRUE(core_.applied[0].dry_run);
    EXPECT_EQ(core_.callers[0].uid, geteuid());
    EXPECT_EQ(core_.callers[0].pid, getpid());
}

TEST_F(Serving, HandsAnOverrideToTheCore) {
    serve();
    const auto answer = client().post("/api/v1/backends/web/web-1/state",
                                      R"({"state": "maint", "reason": "new disk"})");
    ASSERT_TRUE(answer) << answer.error().what;
    stop();
    ASSERT_EQ(core_.overridden.size(), 1U);
    EXPECT_EQ(core_.overridden[0].id, (BackendId{"web", "web-1"}));
    EXPECT_EQ(core_.overridden[0].state, AdminState::maint);
    EXPECT_EQ(core_.overridden[0].reason, "new disk");
    EXPECT_FALSE(core_.overridden[0].dry_run);
    EXPECT_FALSE(core_.overridden[0].length);
}

TEST_F(Serving, HandsAWeightToTheCore) {
    serve();
    const auto* path = "/api/v1/backends/web/web-1/weight";
    ASSERT_TRUE(client().post(path, R"({"weight": "0", "reason": "new disk", "for": "1h"})"));
    for (const auto* weight : {"1001", "-1", "", "5.5", "many"}) {
        const auto wrong =
            client().post(path, std::string{R"({"reason": "x", "weight": ")"} + weight + "\"}");
        ASSERT_FALSE(wrong) << weight;
        EXPECT_THAT(wrong.error().what, HasSubstr("expected 0 to 1000"));
    }
    const auto none = client().post(path, R"({"reason": "x"})");
    ASSERT_FALSE(none);
    EXPECT_THAT(none.error().what, HasSubstr("weight: missing"));
    const auto why = client().post(path, R"({"weight": "5"})");
    ASSERT_FALSE(why);
    EXPECT_THAT(why.error().what, HasSubstr("reason: missing"));
    stop();
    ASSERT_EQ(core_.weighed.size(), 1U);
    EXPECT_EQ(core_.weighed[0].id, (BackendId{"web", "web-1"}));
    EXPECT_EQ(core_.weighed[0].weight, 0);
    EXPECT_EQ(core_.weighed[0].reason, "new disk");
    EXPECT_EQ(core_.weighed[0].length, std::chrono::hours{1});
}

TEST_F(Serving, HandsTheEndOfAnOverrideToTheCore) {
    serve();
    for (const auto* length : {"1s", "720h"})
        ASSERT_TRUE(client().post(
            "/api/v1/backends/web/web-1/state",
            std::string{R"({"state": "maint", "reason": "x", "for": ")"} + length + "\"}"));
    stop();
    EXPECT_EQ(core_.overridden.at(0).length, std::chrono::seconds{1});
    EXPECT_EQ(core_.overridden.at(1).length, std::chrono::hours{720});
}

TEST_F(Serving, ProbesAndDetaches) {
    serve();
    EXPECT_TRUE(client().post("/api/v1/backends/web/web-1/probe", "{}"));
    EXPECT_TRUE(client().post("/api/v1/backends/web/web-1/probe", ""));
    const auto at_one = client().post("/api/v1/backends/web/web-1/probe", R"({"vip": "shop"})");
    ASSERT_TRUE(at_one);
    EXPECT_EQ(json::parse_probes(*at_one)->at(0).target, "shop");
    const auto wrong = client().post("/api/v1/backends/web/web-1/probe", R"({"via": "shop"})");
    ASSERT_FALSE(wrong);
    EXPECT_THAT(wrong.error().what, HasSubstr("unknown key \"via\""));
    EXPECT_TRUE(client().post("/api/v1/detach", "{}"));
}

TEST_F(Serving, TellsOfGenerationsAndGoesBackToThem) {
    serve();
    const auto history = client().get("/api/v1/generations");
    ASSERT_TRUE(history);
    const auto generations = json::parse_generations(*history);
    ASSERT_TRUE(generations);
    EXPECT_EQ(generations->at(0).meta.number, 43U);
    EXPECT_TRUE(generations->at(0).is_running);
    EXPECT_EQ(*client().get("/api/v1/generations/42/config"), "version: 1\n");
    EXPECT_EQ(*client().get("/api/v1/generations/42/plan"), "{}\n");
    for (const auto* nobody : {"41", "x", "-1", "4x"})
        for (const auto* what : {"/config", "/plan"})
            EXPECT_EQ(
                client().get("/api/v1/generations/" + std::string{nobody} + what).error().exit,
                cli::Exit::unknown)
                << nobody << what;
    ASSERT_TRUE(client().post("/api/v1/rollback",
                              R"({"generation": "41", "accept": "LB701:web", "reason": "x"})"));
    ASSERT_TRUE(client().post("/api/v1/rollback", "{}"));
    ASSERT_TRUE(client().post("/api/v1/rollback",
                              R"({"accept": ["LB701:web", "LB702:api"], "reason": "x"})"));
    const auto diff = client().post("/api/v1/diff", R"({"from": "41", "to_config": "version: 1"})");
    ASSERT_TRUE(diff);
    EXPECT_EQ(json::parse_diff(*diff)->differences.at(0), "node: seed differs");
    const auto lines = client().post("/api/v1/diff", R"({"from": "41", "text": true})");
    ASSERT_TRUE(lines);
    EXPECT_EQ(json::parse_diff(*lines)->text, "@@ -1,1 +1,1 @@\n-a\n+b\n");
    for (const auto* wrong : {R"({"from": "0"})", R"({"from": "x"})", R"({"file": "x"})",
                              R"({"from": "1", "from_config": "x"})"})
        EXPECT_EQ(client().post("/api/v1/diff", wrong).error().exit, cli::Exit::invalid) << wrong;
    EXPECT_EQ(client().post("/api/v1/rollback", R"({"generation": "-1"})").error().exit,
              cli::Exit::invalid);
    stop();
    EXPECT_EQ(core_.rolled_back.at(0).generation, 41U);
    EXPECT_EQ(core_.rolled_back.at(0).accepts, std::vector<std::string>{"LB701:web"});
    EXPECT_EQ(core_.rolled_back.at(1).generation, 0U);
    EXPECT_EQ(core_.rolled_back.at(2).accepts,
              (std::vector<std::string>{"LB701:web", "LB702:api"}));
    EXPECT_EQ(core_.compared.at(0).from.generation, 41U);
    EXPECT_EQ(core_.compared.at(0).to.config, "version: 1");
    EXPECT_FALSE(core_.compared.at(0).with_text);
    EXPECT_TRUE(core_.compared.at(1).with_text);
}

TEST_F(Serving, TellsHowFarAGenerationIsAndTakesAWordForIt) {
    serve();
    const auto answer = client().get("/api/v1/generations/44");
    ASSERT_TRUE(answer);
    const auto generation = json::parse_generation(*answer);
    ASSERT_TRUE(generation) << generation.error().what;
    EXPECT_EQ(generation->meta.state, GenerationState::verifying);
    EXPECT_EQ(generation->verification->window_left, 12U);
    EXPECT_EQ(generation->verification->confirm_left, 40U);
    ASSERT_TRUE(client().post("/api/v1/confirm", R"({"generation": "44"})"));
    ASSERT_TRUE(client().post("/api/v1/confirm", ""));
    ASSERT_TRUE(client().post("/api/v1/confirm", R"({"generation": "43", "dry_run": "true"})"));
    EXPECT_EQ(client().post("/api/v1/confirm", R"({"dry_run": "maybe"})").error().exit,
              cli::Exit::invalid);
    EXPECT_EQ(client().post("/api/v1/confirm", R"({"generation": "x"})").error().exit,
              cli::Exit::invalid);
    EXPECT_EQ(client().post("/api/v1/confirm", R"({"all": "true"})").error().exit,
              cli::Exit::invalid);
    stop();
    EXPECT_EQ(core_.confirmed, (std::vector<std::uint64_t>{44, 0}));
}

/// INV-24: whoever takes "LB701:web,LB702:api" for one word has not read it.
TEST_F(Serving, TakesNoListForOneAccept) {
    serve();
    for (const auto* accept : {R"("LB701:web,LB702:api")", R"(["LB701:web,LB702:api"])",
                               R"(["LB703:shop", "LB701:web,LB702:api"])"})
        for (const auto* path :
             {"/api/v1/apply", "/api/v1/plan", "/api/v1/rollback",
              "/api/v1/backends/web/web-1/state", "/api/v1/backends/web/web-1/weight"}) {
            const auto body =
                std::string{path}.find("state") != std::string::npos      ? R"("state": "drain", )"
                : std::string{path}.find("weight") != std::string::npos   ? R"("weight": "1", )"
                : std::string{path}.find("rollback") != std::string::npos ? ""
                                                                          : R"("config": "x", )";
            const auto said = client().post(
                path, std::string{"{"} + body + R"("reason": "x", "accept": )" + accept + "}");
            ASSERT_FALSE(said) << path;
            EXPECT_EQ(said.error().exit, cli::Exit::invalid) << path;
            EXPECT_THAT(said.error().what,
                        HasSubstr("accept \"LB701:web,LB702:api\": expected one rule"))
                << path;
        }
}

TEST_F(Serving, HandsOnWhatPrometheusHasSaid) {
    serve();
    ASSERT_TRUE(client().post("/api/v1/audit", "{}"));
    ASSERT_TRUE(client().post("/api/v1/audit", R"({"alerts": []})"));
    ASSERT_TRUE(client().post("/api/v1/audit", R"({"alerts": ["LbdDown", "LbdWatchdog"]})"));
    ASSERT_TRUE(client().post("/api/v1/audit", R"({"alerts_trouble": "no answer"})"));
    for (const auto& wrong :
         {std::string{R"({"alerts": "LbdDown"})"}, std::string{R"({"alerts": [1]})"},
          std::string{R"({"alerts_trouble": ["x"]})"}, std::string{R"({"alerts_trouble": "a\nb"})"},
          std::string{R"({"alerts": [], "alerts_trouble": "x"})"},
          R"({"alerts_trouble": ")" + std::string(501, 'x') + "\"}"})
        EXPECT_EQ(client().post("/api/v1/audit", wrong).error().exit, cli::Exit::invalid) << wrong;
    EXPECT_FALSE(client().post("/api/v1/audit", std::string(4097, ' '))) << "it is too long";
    stop();
    ASSERT_EQ(core_.audits.size(), 4U);
    EXPECT_FALSE(core_.audits[0].alerts);
    EXPECT_EQ(core_.audits[1].alerts, std::set<std::string>{});
    EXPECT_EQ(core_.audits[2].alerts, (std::set<std::string>{"LbdDown", "LbdWatchdog"}));
    EXPECT_EQ(core_.audits[3].trouble, "no answer");
}

TEST_F(Serving, TellsWhatAnAuditFinds) {
    serve();
    const auto answer = client().post("/api/v1/audit", "");
    ASSERT_TRUE(answer);
    const auto findings = json::parse_findings(*answer);
    ASSERT_TRUE(findings) << findings.error().what;
    EXPECT_EQ(findings->at(0).rule, "audit.drift");
    EXPECT_EQ(client().post("/api/v1/audit", R"({"a": "b"})").error().exit, cli::Exit::invalid);
}

TEST_F(Serving, TakesNotes) {
    serve();
    ASSERT_TRUE(client().post("/api/v1/notes", R"({"text": "game day: 10 of 10 passed"})"));
    ASSERT_TRUE(client().post("/api/v1/notes", R"({"text": "nothing", "dry_run": true})"));
    EXPECT_EQ(core_.notes, std::vector<std::string>{"game day: 10 of 10 passed"});
    for (const auto* wrong :
         {"", "{}", R"({"text": ""})", R"({"text": "a\nb"})", R"({"txt": "a"})"})
        EXPECT_EQ(client().post("/api/v1/notes", wrong).error().exit, cli::Exit::invalid) << wrong;
    EXPECT_EQ(core_.notes.size(), 1u);
}

TEST_F(Serving, TellsWhatHappened) {
    serve();
    const auto answer = client().get("/api/v1/events", {{"last", "2h"}});
    ASSERT_TRUE(answer);
    const auto events = json::parse_events(*answer);
    ASSERT_TRUE(events) << events.error().what;
    EXPECT_EQ(events->at(0).seq, 7200U);
    EXPECT_EQ(json::parse_events(*client().get("/api/v1/events"))->at(0).seq, 86400U);
    EXPECT_EQ(client().get("/api/v1/events", {{"last", "2"}}).error().exit, cli::Exit::invalid);
}

TEST_F(Serving, TellsWhatAChangeWouldDo) {
    serve();
    const auto answer =
        client().post("/api/v1/plan", R"({"config": "x", "expect_generation": "43"})");
    ASSERT_TRUE(answer);
    const auto plan = json::parse_plan(*answer);
    ASSERT_TRUE(plan) << plan.error().what;
    EXPECT_EQ(plan->vips.at(0).predicted, 2);
    EXPECT_EQ(plan->preflight.at(0).attempts, 3);
    EXPECT_EQ(
        client().post("/api/v1/plan", R"({"config": "x", "expect_generation": "x"})").error().exit,
        cli::Exit::invalid);
    stop();
    EXPECT_EQ(core_.planned.at(0).expected, 43U);
}

TEST_F(Serving, TakesTheTermsOfAChange) {
    serve();
    ASSERT_TRUE(client().post("/api/v1/apply", R"({"config": "x", "confirm_within": "5m",
                                                   "change_id": "4be2f10"})"));
    for (const auto* wrong :
         {R"({"config": "x", "confirm_within": "5"})", R"({"config": "x", "confirm_within": "2h"})",
          R"({"config": "x", "confirm_within": "4999ms"})",
          R"({"config": "x", "change_id": "a\nb"})"})
        EXPECT_EQ(client().post("/api/v1/apply", wrong).error().exit, cli::Exit::invalid) << wrong;
    stop();
    EXPECT_EQ(core_.applied.at(0).confirm_within, milliseconds{300'000});
    EXPECT_EQ(core_.applied.at(0).change_id, "4be2f10");
}

TEST_F(Serving, GivesEveryKindOfRefusalItsExitCode) {
    serve();
    using Kind = Refusal::Kind;
    const std::map<Kind, cli::Exit> expected{
        {Kind::invalid, cli::Exit::invalid},       {Kind::unknown, cli::Exit::unknown},
        {Kind::refused, cli::Exit::refused},       {Kind::failed, cli::Exit::failed},
        {Kind::permission, cli::Exit::permission}, {Kind::busy, cli::Exit::refused}};
    for (const auto& [kind, exit] : expected) {
        on_loop([&, kind = kind] { core_.refusal = Refusal{kind, "because", {}}; });
        const auto answer = client().post("/api/v1/backends/web/web-1/state",
                                          R"({"state": "drain", "reason": "x"})");
        ASSERT_FALSE(answer);
        EXPECT_EQ(answer.error().exit, exit);
        EXPECT_EQ(answer.error().is_busy, kind == Kind::busy);
        EXPECT_THAT(answer.error().what, StartsWith("because"));
    }
}

TEST_F(Serving, NeverAsksTheCoreWithABadBody) {
    serve();
    for (const char* body :
         {"", "[]", "{", R"({"state": "drain"})", R"({"reason": "x"})",
          R"({"state": "up", "reason": "x"})", R"({"state": "drain", "reason": ""})",
          R"({"state": "drain", "reason": "x\ny"})",
          R"({"state": "drain", "reason": "x", "dry_run": "yes"})",
          R"({"state": "drain", "reason": "x", "force": true})",
          R"({"state": "drain", "reason": "x", "for": ""})",
          R"({"state": "drain", "reason": "x", "for": "0"})",
          R"({"state": "drain", "reason": "x", "for": "0s"})",
          R"({"state": "drain", "reason": "x", "for": "5"})",
          R"({"state": "drain", "reason": "x", "for": "999ms"})",
          R"({"state": "drain", "reason": "x", "for": "721h"})",
          R"({"state": "drain", "reason": "x", "for": "100d"})",
          R"({"state": "drain", "state": "ready", "reason": "x"})"})
        EXPECT_THAT(request("POST", "/api/v1/backends/web/web-1/state", body),
                    StartsWith("HTTP/1.1 400"))
            << body;
    for (const char* body : {"", "{}", R"({"config": 1})", R"({"config": "", "comment": "a\rb"})"})
        EXPECT_THAT(request("POST", "/api/v1/apply", body), StartsWith("HTTP/1.1 400")) << body;
    EXPECT_THAT(request("POST", "/api/v1/detach", R"({"now": true})"), StartsWith("HTTP/1.1 400"));
    stop();
    EXPECT_TRUE(core_.overridden.empty());
    EXPECT_TRUE(core_.applied.empty());
}

// --------------------------------------------------------------------------------------- pending

/// An apply that the core has, and has not answered.
class Pending : public Serving {
protected:
    void SetUp() override {
        core_.keeps_replies = true;
        core_.is_asked = &asked_;
        serve();
    }
    void wait_until_asked() {
        ASSERT_EQ(asked_.get_future().wait_for(kLong), std::future_status::ready);
    }
    static std::string apply() {
        const std::string body = R"({"config": ""})";
        return "POST /api/v1/apply HTTP/1.1\r\nHost: lbd\r\nConnection: close\r\n"
               "Content-Length: " +
               std::to_string(body.size()) + "\r\n\r\n" + body;
    }
    void reply() {
        on_loop([this] { core_.kept.at(0)(ChangeView{true, 44, "a", "b", {}}); });
    }
    std::promise<void> asked_;
};

TEST_F(Pending, IsAnsweredWhenTheCoreReplies) {
    const auto fd = connect();
    send(fd, apply());
    wait_until_asked();
    reply();  // and nothing else happens on the socket that could wake the server
    const auto answer = receive_all(fd);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
    EXPECT_THAT(answer, HasSubstr("\"generation\": 44"));
}

TEST_F(Pending, LetsOthersBeServedMeanwhile) {
    const auto fd = connect();
    send(fd, apply());
    wait_until_asked();
    EXPECT_TRUE(client().get("/healthz"));
    reply();
    EXPECT_THAT(receive_all(fd), StartsWith("HTTP/1.1 200"));
}

TEST_F(Pending, SurvivesAClientThatGoesAway) {
    auto fd = connect();
    send(fd, apply());
    wait_until_asked();
    fd = Fd{};
    reply();
    EXPECT_TRUE(client().get("/healthz"));
}

TEST_F(Pending, SurvivesASecondReply) {
    const auto fd = connect();
    send(fd, apply());
    wait_until_asked();
    reply();
    reply();
    EXPECT_THAT(receive_all(fd), StartsWith("HTTP/1.1 200"));
    reply();
    EXPECT_TRUE(client().get("/healthz"));
}

TEST_F(Pending, SurvivesTheEndOfTheServer) {
    const auto fd = connect();
    send(fd, apply());
    wait_until_asked();
    stop();
    server_.reset();
    core_.kept.at(0)(ChangeView{true, 44, "a", "b", {}});
    EXPECT_EQ(receive_all(fd), "");
}

// ---------------------------------------------------------------------------------------- limits

TEST_F(Serving, TakesSixteenMebibytesOfConfigurationAndNotMore) {
    serve();
    const std::size_t largest = std::size_t{16} << 20;
    const std::string frame = R"({"config": ""})";
    const auto body = [&](std::size_t size) {
        return R"({"config": ")" + std::string(size - frame.size(), 'x') + R"("})";
    };
    EXPECT_THAT(request("POST", "/api/v1/apply", body(largest)), StartsWith("HTTP/1.1 200"));
    const auto answer = request("POST", "/api/v1/apply", body(largest + 1));
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 413"));
    EXPECT_THAT(answer, HasSubstr("larger than 16777216 bytes"));
}

TEST_F(Serving, TakesOneMebibyteOfAnythingElse) {
    serve();
    const std::string body(std::size_t{1} << 20, ' ');
    EXPECT_THAT(request("POST", "/api/v1/backends/web/web-1/state", body),
                StartsWith("HTTP/1.1 400"));
    EXPECT_THAT(request("POST", "/api/v1/backends/web/web-1/state", body + " "),
                StartsWith("HTTP/1.1 413"));
}

TEST_F(Serving, RefusesAHeadOfSixteenKibibytes) {
    serve();
    const auto answer_to = [this](std::size_t size) {
        return talk("GET /healthz HTTP/1.1\r\nHost: lbd\r\nConnection: close\r\nX-Long: " +
                    std::string(size, 'x') + "\r\n\r\n");
    };
    EXPECT_THAT(answer_to(8 * 1024), StartsWith("HTTP/1.1 200"));
    EXPECT_THAT(answer_to(16 * 1024), StartsWith("HTTP/1.1 4"));
    EXPECT_THAT(answer_to(1024 * 1024), testing::Not(EndsWith("(and no end)")));
    EXPECT_TRUE(client().get("/healthz"));
}

TEST_F(Serving, SurvivesWhatIsNotHttp) {
    serve({.deadline = 300ms});
    for (const std::string bytes :
         {"\x16\x03\x01\x02\r\n\r\n", "GET\r\n\r\n", "\r\n\r\n\r\n",
          "POST /api/v1/apply HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
          "POST /api/v1/apply HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
        const auto fd = connect();
        send(fd, bytes);
        shutdown(fd.get(), SHUT_WR);
        EXPECT_THAT(receive_all(fd), testing::Not(EndsWith("(and no end)"))) << bytes;
    }
    EXPECT_TRUE(client().get("/healthz"));
}

TEST_F(Serving, HangsUpOnAClientThatSaysNothing) {
    serve({.deadline = 100ms});
    EXPECT_EQ(receive_all(connect()), "");
}

TEST_F(Serving, HangsUpOnAClientThatNeverEnds) {
    serve({.deadline = 300ms});
    const auto fd = connect();
    send(fd, "POST /api/v1/apply HTTP/1.1\r\nHost: lbd\r\nContent-Length: 1000000\r\n\r\n{");
    const auto until = Loop::now() + kLong;
    char byte = 0;
    while (Loop::now() < until && ::send(fd.get(), " ", 1, MSG_NOSIGNAL) == 1)
        if (recv(fd.get(), &byte, 1, MSG_DONTWAIT) == 0) break;
    EXPECT_LT(Loop::now(), until);
}

TEST_F(Serving, HangsUpOnAClientThatDoesNotRead) {
    core_.view.problems.assign(40'000, std::string(100, 'x'));  // more than a socket's buffer
    serve({.deadline = 300ms});
    const auto fd = connect();
    send(fd, "GET /api/v1/status HTTP/1.1\r\nHost: lbd\r\n\r\n");
    pollfd gone{fd.get(), POLLHUP, 0};
    EXPECT_EQ(poll(&gone, 1, std::chrono::milliseconds{kLong}.count()), 1);
}

TEST_F(Serving, ServesTheNextClientWhenAllSeatsWereTaken) {
    serve({.clients = 4});
    std::vector<Fd> idle;
    for (int i = 0; i < 4; ++i)
        idle.push_back(connect());
    auto waiting = std::async(std::launch::async, [this] { return request("GET", "/healthz"); });
    EXPECT_TRUE(idle.back());
    idle.clear();
    ASSERT_EQ(waiting.wait_for(kLong), std::future_status::ready);
    EXPECT_THAT(waiting.get(), StartsWith("HTTP/1.1 200"));
}

// ------------------------------------------------------------------------------------ permission

class Strangers : public Serving {
protected:
    void SetUp() override {
        if (geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
    }
    /// As if group 65533 were lbd.
    void let_in() {
        ASSERT_EQ(chmod(folder_.c_str(), 0755), 0);
        ASSERT_EQ(chmod((folder_ + "/run").c_str(), 0755), 0);
        ASSERT_EQ(chown(socket_.c_str(), 0, kGroup), 0);
    }
    static constexpr gid_t kGroup = 65533;
};

TEST_F(Strangers, MayReadAndNotChange) {
    serve();
    let_in();
    as_nobody_in(kGroup, [this] {
        EXPECT_TRUE(client().get("/api/v1/status"));
        for (const char* path : {"/api/v1/apply", "/api/v1/capture", "/api/v1/detach",
                                 "/api/v1/backends/web/web-1/state"}) {
            const auto answer = request("POST", path, R"({"config": ""})");
            EXPECT_THAT(answer, StartsWith("HTTP/1.1 403")) << path;
            EXPECT_THAT(answer, HasSubstr("not uid 65534")) << path;
        }
    });
    stop();
    EXPECT_TRUE(core_.applied.empty());
    EXPECT_TRUE(core_.captures.empty());
}

TEST_F(Strangers, AreToldAboutTheGroup) {
    serve();
    ASSERT_EQ(chmod(folder_.c_str(), 0755), 0);
    as_nobody_in(kGroup, [this] {
        const auto answer = client().get("/api/v1/status");
        ASSERT_FALSE(answer);
        EXPECT_EQ(answer.error().exit, cli::Exit::permission);
        EXPECT_THAT(answer.error().what, HasSubstr("group \"lbd\" (try: sudo lbctl status)"));
    });
}

TEST_F(Strangers, CannotTakeAllSeats) {
    serve({.clients = 8, .clients_per_user = 2});
    let_in();
    std::vector<Fd> taken;
    as_nobody_in(kGroup, [&] {
        for (int i = 0; i < 8; ++i)
            taken.push_back(connect());
    });
    EXPECT_EQ(receive_all(taken.back()), "") << "hung up at once";
    EXPECT_TRUE(client().get("/healthz"));
}

// ---------------------------------------------------------------------------------------- socket

TEST_F(Serving, MakesASocketThatOnlyItsGroupMayUse) {
    serve();
    struct stat its {};
    ASSERT_EQ(stat(socket_.c_str(), &its), 0);
    EXPECT_EQ(its.st_mode & 07777, 0660U);
    ASSERT_EQ(stat((folder_ + "/run").c_str(), &its), 0);
    EXPECT_EQ(its.st_mode & 07777, 0750U);
}

TEST_F(Serving, RemovesItsSocketAtTheEnd) {
    serve();
    stop();
    server_.reset();
    EXPECT_FALSE(fs::exists(socket_));
}

TEST_F(Serving, DoesNotPushALivingOneAside) {
    serve();
    const auto second = Server::open(loop_, socket_, core_);
    ASSERT_FALSE(second);
    EXPECT_THAT(second.error().what, HasSubstr(socket_ + ": another lbd answers there"));
    EXPECT_TRUE(client().get("/healthz"));
}

TEST_F(Serving, TakesOverTheSocketOfADeadOne) {
    fs::create_directory(folder_ + "/run");
    const Fd dead{socket(AF_UNIX, SOCK_STREAM, 0)};
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, socket_.c_str(), sizeof(address.sun_path) - 1);
    ASSERT_EQ(bind(dead.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    serve();
    EXPECT_TRUE(client().get("/healthz"));
}

TEST_F(Serving, LeavesAloneWhatIsNoSocket) {
    fs::create_directory(folder_ + "/run");
    std::ofstream{socket_} << "precious";
    const auto opened = Server::open(loop_, socket_, core_);
    ASSERT_FALSE(opened);
    EXPECT_THAT(opened.error().what, HasSubstr("is no socket"));
    EXPECT_TRUE(fs::exists(socket_));
}

TEST_F(Serving, SaysThatAPathIsTooLong) {
    const auto opened = Server::open(loop_, folder_ + "/" + std::string(200, 'x'), core_);
    ASSERT_FALSE(opened);
    EXPECT_THAT(opened.error().what, HasSubstr("107 bytes"));
}

// ---------------------------------------------------------------------------------------- client

TEST_F(Serving, IsMissedByAClient) {
    const auto answer = client().get("/healthz");
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().exit, cli::Exit::unreachable);
    EXPECT_THAT(answer.error().what, HasSubstr("no such socket"));
}

TEST_F(Pending, IsGivenUpByAClientAfterItsTimeout) {
    const cli::Client hasty{socket_, 100ms, "apply lbd.yaml"};
    const auto answer = hasty.post("/api/v1/apply", R"({"config": ""})");
    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().exit, cli::Exit::failed);
    EXPECT_THAT(answer.error().what, HasSubstr("no answer within 100ms"));
    reply();
    EXPECT_TRUE(client().get("/healthz"));
}

}  // namespace
}  // namespace lb::api
