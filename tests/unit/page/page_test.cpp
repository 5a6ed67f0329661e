// SPDX-License-Identifier: Apache-2.0
#include "page/page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "page/assets.hpp"
#include "page/html.hpp"

namespace lb::page {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

const WallTime kNow = WallTime{} + std::chrono::sys_days{2026y / 3 / 2}.time_since_epoch() + 14h;

BackendView backend(const std::string& pool, const std::string& name) {
    BackendView its;
    its.id = {pool, name};
    its.address = *Address::parse("10.0.1.11");
    its.health = {HealthState::up, HealthVerdict::up, kNow - 5s, "2 passes in a row", {}, {}, 7};
    its.health.last = CheckResult{Outcome::pass, CheckReason::ok, 400us, 0};
    its.health.last_at = kNow - 1s;
    its.eligible = true;
    its.share = 0.5;
    its.targets = {{{}, its.health, true, 0.5}};
    its.count.packets = 1000;
    return its;
}

/// One pool of so many backends, "b0" and on, all well.
Moment with_backends(std::size_t count) {
    Moment now{kNow, "edge-1", {}, {}};
    now.status.version = "9.9.9";
    now.status.generation = 43;
    now.status.pools = {
        {"web", ForwardMode::ipip, AllDown::fail_open, "normal", "tcp every 2s", {}}};
    for (std::size_t i = 0; i < count; ++i)
        now.status.pools[0].backends.push_back(backend("web", "b" + std::to_string(i)));
    return now;
}

std::string whole(const Moment& now) {
    return print(now).whole();
}

std::size_t times(const std::string& text, const std::string& word) {
    std::size_t count = 0;
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1))
        ++count;
    return count;
}

TEST(Html, TakesTheMeaningFromEveryCharacter) {
    EXPECT_EQ(text(R"(<a href="x" id='y'>&)"), "&lt;a href=&quot;x&quot; id=&#39;y&#39;&gt;&amp;");
    EXPECT_EQ(text(std::string{"a\0b\x1b\n\x7f", 6}), "a\uFFFDb\uFFFD\uFFFD\uFFFD");
    EXPECT_EQ(text("grün"), "grün");
}

TEST(Html, SaysTheDayOfWhatWasNotToday) {
    EXPECT_EQ(moment(kNow - 1h, kNow), "<time datetime=\"2026-03-02T13:00:00Z\">13:00:00</time>");
    EXPECT_THAT(moment(kNow - 15h, kNow), HasSubstr(">2026-03-01 23:00:00<"));
    EXPECT_EQ(moment({}, kNow), "-");
}

TEST(Page, IsAPageWithoutAnythingConfigured) {
    const auto html = whole({kNow, "edge-1", {}, {}});
    EXPECT_THAT(html, testing::StartsWith("<!DOCTYPE html>"));
    EXPECT_THAT(html, testing::EndsWith("</html>\n"));
    EXPECT_EQ(times(html, "None is configured."), 3U);
    EXPECT_EQ(times(html, "<section"), times(html, "</section>"));
}

TEST(Page, BeginsWithTheProblemsInTheirOrder) {
    auto now = with_backends(1);
    now.status.problems = {"pool web: 0 of 1 healthy", "backend web/b0: DOWN for 3 s"};
    const auto html = whole(now);
    const auto pool = html.find("pool web: 0 of 1"), one = html.find("backend web/b0: DOWN");
    EXPECT_LT(html.find("<main"), pool);
    EXPECT_LT(pool, one);
    EXPECT_LT(one, html.find("id=\"node\""));
    EXPECT_THAT(html, HasSubstr("<title>2 problems: lbd on edge-1</title>"));
    now.status.problems.pop_back();
    EXPECT_THAT(whole(now), HasSubstr("<title>1 problem: lbd on edge-1</title>"));
}

TEST(Page, SaysHowManyProblemsItDoesNotShow) {
    auto now = with_backends(1);
    now.status.problems.assign(kMostProblems + 7, "tired");
    const auto html = whole(now);
    EXPECT_EQ(times(html, "<li><bdi>tired"), kMostProblems);
    EXPECT_THAT(html, HasSubstr("and 7 more"));
}

TEST(Page, HasItsSectionsInTheirOrder) {
    const auto html = whole(with_backends(1));
    std::size_t last = 0;
    for (const char* id : {"problems", "node", "vips", "pools", "backends", "events"}) {
        const auto at = html.find(std::string{"<h2 id=\""} + id + "\"");
        ASSERT_NE(at, std::string::npos) << id;
        EXPECT_GT(at, last) << id;
        last = at;
    }
}

TEST(Page, EscapesWhateverOthersWrote) {
    const std::string bad = "<script>alert('x')</script>\"&";
    auto now = with_backends(1);
    now.host = now.status.version = now.status.config_hash = now.status.checker.why = bad;
    now.status.problems = {bad};
    now.status.interfaces = {{bad, 1, bad}};
    now.status.vips.push_back({bad,
                               *Address::parse("192.0.2.10"),
                               {80, 80},
                               Protocol::tcp,
                               bad,
                               bad,
                               1,
                               1,
                               4093,
                               0,
                               0,
                               {},
                               {}});
    auto& pool = now.status.pools[0];
    pool.name = pool.mode = pool.check = bad;
    auto& its = pool.backends[0];
    its.id = {bad, bad};
    its.health.why = its.state_reason = bad;
    its.state = AdminState::drain;
    Event event;
    event.kind = event.cause = event.reason = event.comment = event.change_id = event.vip =
        event.pool = event.backend = bad;
    now.events = {event};
    event.actor = Actor{0, {}, bad};
    now.events.push_back(event);
    for (const auto& html : {whole(now), print(now).with({})}) {
        EXPECT_THAT(html, Not(HasSubstr("<script>")));
        EXPECT_THAT(html, Not(HasSubstr("'x'")));
        EXPECT_GT(times(html, "&lt;script&gt;alert(&#39;x&#39;)"), 20U);
    }
}

TEST(Page, SaysOfABackendWhatIsKnown) {
    auto now = with_backends(1);
    auto& its = now.status.pools[0].backends[0];
    its.health.last = CheckResult{Outcome::fail, CheckReason::backend_status, 1500us, 503};
    its.witness = {WitnessVerdict::suspicious, 200, 100, 0.5, 0.07, 300us};
    its.state = AdminState::drain;
    its.state_reason = "new kernel";
    its.state_until = kNow + 1h;
    its.eligible = false;
    const auto html = whole(now);
    for (const char* word :
         {"<strong>UP</strong>, drain until ", ">15:00:00<", "<bdi>new kernel</bdi>",
          "<td>50.0 %</td>", "50.0 % of 200, 0.3 ms: <strong>too few</strong>",
          "fail: backend.status 503, 1.5 ms, ", ">13:59:55<", "2 passes in a row"})
        EXPECT_THAT(html, HasSubstr(word));
}

TEST(Page, SaysWhereABackendIsDownIfNotEverywhere) {
    auto now = with_backends(1);
    auto& its = now.status.pools[0].backends[0];
    its.targets = {{Address::parse("192.0.2.10"), its.health, true, 0.5},
                   {Address::parse("192.0.2.11"), its.health, false, 0}};
    its.targets[1].health.state = HealthState::down;
    EXPECT_THAT(whole(now), HasSubstr("<strong>UP</strong> at 192.0.2.10, <strong>DOWN</strong> at "
                                      "192.0.2.11"));
}

TEST(Page, SaysUntilWhenAGenerationIsUnconfirmed) {
    auto now = with_backends(1);
    EXPECT_THAT(whole(now), HasSubstr("43, confirmed"));
    now.status.verification = VerificationView{GenerationState::verifying, 60, 3600};
    EXPECT_THAT(whole(now), HasSubstr("verifying until <time datetime=\"2026-03-02T14:01:00Z\">"));
    now.status.verification = VerificationView{GenerationState::pending, 0, 3600};
    const auto html = whole(now);
    EXPECT_THAT(html, HasSubstr("43, pending, to be confirmed until <time"));
    EXPECT_THAT(html, HasSubstr(">15:00:00</time>, or it is undone"));
}

TEST(Page, TellsRatesFromTwoMoments) {
    const auto before = with_backends(2);
    auto now = before;
    now.at += 2s;
    now.status.pools[0].backends[1].count.packets += 5000;
    const auto html = print(now, &before).whole();
    EXPECT_EQ(times(html, "<td>2500</td>"), 1U);
    EXPECT_EQ(times(html, "<td>0</td>"), 1U);
    EXPECT_EQ(times(whole(now), "<td>2500</td>"), 0U) << "nobody knows from when";
}

TEST(Page, TellsNoRateFromAnotherBackendOrALongTimeAgo) {
    const auto before = with_backends(1);
    auto now = with_backends(1);
    now.at += 1h;
    now.status.pools[0].backends[0].count.packets += 5000;
    EXPECT_THAT(print(now, &before).whole(), HasSubstr("<td>-</td>"));
    now.at = kNow + 2s;
    EXPECT_THAT(print(now, &before).whole(), HasSubstr("<td>2500</td>"));
    now.status.pools[0].backends[0].id.backend = "new";
    EXPECT_THAT(print(now, &before).whole(), Not(HasSubstr("<td>2500</td>")));
    now = with_backends(1);
    now.at += 2s;
    now.status.pools[0].backends[0].count.packets = 3;
    EXPECT_THAT(print(now, &before).whole(), HasSubstr("<td>-</td>")) << "counted anew";
}

TEST(Page, FoldsManyBackendsAndLeavesNobodyOut) {
    auto now = with_backends(kMostUnfolded);
    EXPECT_EQ(times(whole(now), "<details"), 0U);
    now = with_backends(250);
    now.status.pools[0].backends[120].health.state = HealthState::down;
    const auto html = whole(now);
    EXPECT_EQ(times(html, "<details"), 3U);
    EXPECT_EQ(times(html, "<tr id=\"b-web/"), 250U);
    EXPECT_EQ(times(html, "<tr id=\"t-web/"), 1U) << "who is not well is also on top";
    EXPECT_THAT(html, HasSubstr("<summary>b100 to b199: 99 of 100 are well</summary>"));
    EXPECT_LT(html.find("<tr id=\"t-web/b120\""), html.find("<details"));
}

TEST(Page, LeavesOutTheRowsThatNobodySees) {
    const auto page = print(with_backends(250));
    EXPECT_EQ(times(page.with({}), "<tr id=\"b-web/"), 0U);
    EXPECT_EQ(times(page.with({}), "<details"), 3U);
    const auto html = page.with({"web:2", "no such group"});
    EXPECT_EQ(times(html, "<tr id=\"b-web/"), 50U);
    EXPECT_THAT(html, HasSubstr("<tr id=\"b-web/b249\""));
    EXPECT_EQ(page.with({"web:0", "web:1", "web:2"}), page.whole());
}

TEST(Page, ShowsTheNewestEventFirst) {
    auto now = with_backends(1);
    for (std::uint64_t seq : {7U, 8U}) {
        Event event;
        event.seq = seq;
        event.kind = "admin.drain";
        event.at = kNow - 1min;
        event.pool = "web";
        event.backend = "b0";
        event.actor = Actor{0, 1001, "lbctl"};
        now.events.push_back(event);
    }
    const auto html = whole(now);
    EXPECT_LT(html.find("id=\"e-8\""), html.find("id=\"e-7\""));
    EXPECT_THAT(html, HasSubstr("<td>web/b0</td>"));
    EXPECT_THAT(html, HasSubstr("<td>uid 1001 by lbctl</td>"));
}

TEST(Assets, AreTheFilesThatLieBesideTheSource) {
    EXPECT_THAT(std::string{style()}, testing::EndsWith("}\n"));
    EXPECT_THAT(std::string{script()}, HasSubstr("\"use strict\""));
    EXPECT_THAT(std::string{script()}, testing::EndsWith(";\n"));
    EXPECT_THAT(std::string{icon()}, testing::StartsWith("<svg "));
}

}  // namespace
}  // namespace lb::page
