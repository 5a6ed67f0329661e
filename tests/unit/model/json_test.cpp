// SPDX-License-Identifier: Apache-2.0
#include "model/json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace lb {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;

WallTime at(std::int64_t since_1970_ms) {
    return WallTime{milliseconds{since_1970_ms}};
}

BackendView backend() {
    BackendView view;
    view.id = {"web", "web-1"};
    view.address = *Address::parse("2001:db8::11");
    view.state = AdminState::drain;
    view.state_reason = "disk \"sda\"\nfails";
    view.state_until = at(1'782'900'600'000);
    view.health = {HealthState::down,
                   HealthVerdict::down,
                   at(1'782'900'000'250),
                   "backend.status 503",
                   CheckResult{Outcome::fail, CheckReason::backend_status,
                               std::chrono::microseconds{1234}, 503},
                   at(1'782'900'001'000)};
    view.eligible = true;
    view.flows = Flows::existing;
    view.weight = 50;
    view.weight_reason = "half of its memory";
    view.weight_until = at(1'782'900'600'000);
    view.share = 0.25;
    view.targets = {{Address::parse("192.0.2.10"), view.health, true, 0.25,
                     TargetDetail{{{"admin state", "drain", false}},
                                  std::chrono::microseconds{1'500'000},
                                  {{at(1'782'900'001'000), *view.health.last}}}},
                    {std::nullopt, BackendHealth{}, false, 0}};
    view.next_hop = "02:00:00:00:00:01 via eth1";
    view.count = {18'446'744'073'709'551'615U, 7};
    view.witness = {WitnessVerdict::suspicious,     412, 206, 0.5, 0.05,
                    std::chrono::microseconds{1300}};
    return view;
}

Status status() {
    Status view;
    view.version = "0.1.0";
    view.generation = 43;
    view.config_hash = "00ff";
    view.problems = {"pool web: no healthy backend"};
    view.interfaces = {{"eth0", 2, "native"}};
    view.vips = {{"shop",
                  *Address::parse("192.0.2.10"),
                  {443, 444},
                  Protocol::udp,
                  "web",
                  "fail_open",
                  1,
                  2,
                  16381,
                  30,
                  4,
                  {7, 8, 9},
                  {5, 600}}};
    view.pools = {{"web", ForwardMode::l2, AllDown::fail_closed, "normal", "tcp", {backend()}}};
    view.verdicts = {{"forward", 5}};
    view.flow_table = {11, 1024};
    view.leaving = 2;
    view.checker = {CheckerState::broken, at(1'782'900'000'000), "no link"};
    return view;
}

TEST(Json, PrintsTheDocumentedKeysOfABackend) {
    EXPECT_EQ(json::print(backend()), R"({
  "schema_version": 1,
  "name": "web-1",
  "pool": "web",
  "address": "2001:db8::11",
  "state": "drain",
  "state_reason": "disk \"sda\"\nfails",
  "state_until": "2026-07-01T10:10:00.000Z",
  "health": "DOWN",
  "health_verdict": "down",
  "since": "2026-07-01T10:00:00.250Z",
  "why": "backend.status 503",
  "last_check": {
    "at": "2026-07-01T10:00:01.000Z",
    "result": "fail",
    "reason": "backend.status",
    "duration_ms": 1.234,
    "detail": 503
  },
  "eligible": true,
  "flows": "existing",
  "weight": 50,
  "weight_reason": "half of its memory",
  "weight_until": "2026-07-01T10:10:00.000Z",
  "share": 0.25,
  "targets": [
    {
      "via": "192.0.2.10",
      "health": "DOWN",
      "health_verdict": "down",
      "since": "2026-07-01T10:00:00.250Z",
      "why": "backend.status 503",
      "last_check": {
        "at": "2026-07-01T10:00:01.000Z",
        "result": "fail",
        "reason": "backend.status",
        "duration_ms": 1.234,
        "detail": 503
      },
      "eligible": true,
      "share": 0.25,
      "detail": {
        "terms": [
          {
            "term": "admin state",
            "value": "drain",
            "holds": false
          }
        ],
        "next_check_ms": 1500.0,
        "recent": [
          {
            "at": "2026-07-01T10:00:01.000Z",
            "result": "fail",
            "reason": "backend.status",
            "duration_ms": 1.234,
            "detail": 503
          }
        ]
      }
    },
    {
      "via": null,
      "health": "CHECKING",
      "health_verdict": "none",
      "since": null,
      "why": "never checked",
      "last_check": null,
      "eligible": false,
      "share": 0.0,
      "detail": null
    }
  ],
  "next_hop": "02:00:00:00:00:01 via eth1",
  "reachable": true,
  "packets": 18446744073709551615,
  "bytes": 7,
  "witness": {
    "verdict": "suspicious",
    "samples": 412,
    "completed": 206,
    "ratio": 0.5,
    "error": 0.05,
    "latency_ms": 1.3
  }
}
)");
}

TEST(Json, ReadsBackTheStatusThatItPrinted) {
    const auto text = json::print(status());
    const auto again = json::parse_status(text);
    ASSERT_TRUE(again) << again.error().what;
    EXPECT_EQ(json::print(*again), text);
    const auto& health = again->pools.at(0).backends.at(0).health;
    EXPECT_EQ(health.since, at(1'782'900'000'250));
    EXPECT_EQ(health.last->duration.count(), 1234);
}

TEST(Json, ReadsBackEveryReasonOfACheck) {
    for (int i = 0; i < static_cast<int>(CheckReason::count); ++i) {
        ProbeView probe;
        probe.result.reason = static_cast<CheckReason>(i);
        const auto again = json::parse_probes(json::print(std::vector{ProbeView{}, probe}));
        ASSERT_TRUE(again) << again.error().what;
        EXPECT_EQ(again->at(1).result.reason, probe.result.reason);
    }
}

TEST(Json, ReadsBackAnExplanationWithAll64BitsOfItsHash) {
    Explanation explanation;
    explanation.hash = 0xfedc'ba98'7654'3211;
    explanation.why = {"slot 7 belongs to web/web-1"};
    const auto text = json::print(explanation);
    EXPECT_THAT(text, HasSubstr(R"("hash": "0xfedcba9876543211")"));
    const auto again = json::parse_explanation(text);
    ASSERT_TRUE(again) << again.error().what;
    EXPECT_EQ(again->hash, explanation.hash);
    EXPECT_EQ(again->why, explanation.why);
}

TEST(Json, ReadsBackARefusalWithItsFindings) {
    const Refusal refusal{Refusal::Kind::refused,
                          "no",
                          {{"LB101", Severity::warning, {3, 7}, "pool \"web\"", "odd", "even"}}};
    const auto again = json::parse_refusal(json::print(refusal));
    ASSERT_TRUE(again) << again.error().what;
    EXPECT_EQ(again->kind, Refusal::Kind::refused);
    EXPECT_EQ(print(again->findings.at(0), "f"), print(refusal.findings.at(0), "f"));
}

TEST(Json, PrintsATimeThatNeverWasAsNull) {
    EXPECT_THAT(json::print(BackendView{}), HasSubstr(R"("since": null)"));
    EXPECT_THAT(json::print(BackendView{}), HasSubstr(R"("last_check": null)"));
}

TEST(Json, CountsErrorsAndWarnings) {
    const Findings findings{{"LB001", Severity::error, {}, "", "", ""},
                            {"LB002", Severity::warning, {}, "", "", ""},
                            {"LB003", Severity::warning, {}, "", "", ""}};
    const auto text = json::print(findings, "lbd.yaml");
    EXPECT_THAT(text, HasSubstr(R"("errors": 1)"));
    EXPECT_THAT(text, HasSubstr(R"("warnings": 2)"));
}

TEST(Json, ReplacesBytesThatAreNotUtf8) {
    ProbeView probe;
    probe.transcript = "\xff";
    EXPECT_THAT(json::print(std::vector{probe}), HasSubstr("\xef\xbf\xbd"));
}

struct Wrong {
    const char* before;
    const char* after;
    const char* complaint;
};

class JsonWrong : public testing::TestWithParam<Wrong> {};

TEST_P(JsonWrong, IsReportedWithThePathOfTheKey) {
    auto text = json::print(status());
    const auto place = text.find(GetParam().before);
    ASSERT_NE(place, std::string::npos);
    text.replace(place, std::string{GetParam().before}.size(), GetParam().after);
    const auto result = json::parse_status(text);
    ASSERT_FALSE(result);
    EXPECT_THAT(result.error().what, HasSubstr(GetParam().complaint));
}

INSTANTIATE_TEST_SUITE_P(
    Status, JsonWrong,
    testing::Values(
        Wrong{R"("schema_version": 1)", R"("schema_version": 2)", "expected 1, got 2"},
        Wrong{R"("generation": 43)", R"("generation": -1)", "generation: expected a smaller"},
        Wrong{R"("generation": 43)", R"("generation": "43")", "generation: expected a whole"},
        Wrong{R"("generation": 43,)", "", "generation: missing"},
        Wrong{R"("generation": 43,)", R"("generation": 43, "generation": 44,)", "twice"},
        Wrong{R"("port": 443)", R"("port": 65979)", "vips[0].port: expected a smaller"},
        Wrong{R"("192.0.2.10")", R"("shop")", "vips[0].address: expected an address"},
        Wrong{R"("DOWN")", R"("DEAD")", "pools[0].backends[0].health: expected one of"},
        Wrong{R"("backend.status")", R"("backend.")", "backends[0].last_check.reason"},
        Wrong{R"(10:00:00.250Z)", R"(10:00:00.250)", "backends[0].since: expected a time"},
        Wrong{R"(2026-07-01T10:00:00)", R"(9026-07-01T10:00:00)", "since: expected a time"},
        Wrong{R"(2026-07-01T10:00:00)", R"(1026-07-01T10:00:00)", "since: expected a time"},
        Wrong{R"("duration_ms": 1.234)", R"("duration_ms": -1)", "duration_ms: expected less"},
        Wrong{R"("duration_ms": 1.234)", R"("duration_ms": 1e300)", "duration_ms: expected less"},
        Wrong{R"("eligible": true)", R"("eligible": 1)", "eligible: expected true or false"},
        Wrong{R"("share": 0.25)", R"("share": "a")", "share: expected a number"},
        Wrong{R"("problems": [)", R"("problems": 1, "x": [)", "problems: expected a list"}));

TEST(JsonStrings, ComeBackAsTheyWere) {
    const std::map<std::string, std::string> values{{"config", "a: \"b\"\n"}, {"comment", ""}};
    const auto again = json::parse_strings(json::print_strings(values));
    ASSERT_TRUE(again) << again.error().what;
    EXPECT_EQ(*again, values);
}

TEST(JsonStrings, TakeABoolForItsWord) {
    const auto values = json::parse_strings(R"({"dry_run": true})");
    ASSERT_TRUE(values) << values.error().what;
    EXPECT_EQ(values->at("dry_run"), "true");
}

TEST(JsonBody, MayHaveListsOfTexts) {
    const json::Body body{{{"reason", "x"}},
                          {{"accept", {"LB701:web", "LB703:shop"}}, {"none", {}}}};
    const auto again = json::parse_body(json::print(body));
    ASSERT_TRUE(again) << again.error().what;
    EXPECT_EQ(again->texts, body.texts);
    EXPECT_EQ(again->lists, body.lists);
    for (const char* text : {R"({"a": [1]})", R"({"a": [["b"]]})", R"({"a": [null]})",
                             R"({"a": [], "a": ["b"]})", R"({"a": [{}]})"})
        EXPECT_FALSE(json::parse_body(text)) << text;
}

TEST(JsonStrings, RefuseWhatIsNotAFlatObjectOfTexts) {
    for (const char* text :
         {"", "[]", "1", R"({"a": ["b"]})", R"({"a": 1})", R"({"a": {}})", R"({"a": null})",
          R"({"a": "1", "a": "2"})", R"({"a": "1"} {})", "{\"a\": \"\xff\"}"})
        EXPECT_FALSE(json::parse_strings(text)) << text;
}

TEST(JsonStrings, RefuseAHundredThousandBrackets) {
    const auto values = json::parse_strings(std::string(100'000, '['));
    ASSERT_FALSE(values);
    EXPECT_THAT(values.error().what, HasSubstr("deeper"));
}

}  // namespace
}  // namespace lb
