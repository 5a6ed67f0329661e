// SPDX-License-Identifier: Apache-2.0
/// Every persona against every kind of check that it concerns, by the real probes: what is seen,
/// and for which reason, so that none of them is broken in another way than it says.
#include "personas/trials.hpp"

#include <map>

#include <gtest/gtest.h>

#include "personas/persona.hpp"

namespace lb::personas {
namespace {

/// Quick, but not so quick that a sanitizer on a busy machine misses a deadline.
Check quick(CheckType type) {
    const bool is_tls = type == CheckType::https;
    Check check;
    check.type = type;
    check.interval = check.fast_interval = check.timeout = milliseconds{is_tls ? 1000 : 400};
    check.fall = 2;
    if (is_tls) check.host = "shop.example.com";
    return check;
}

using Change = void (*)(Check&);

Pool pool(
    CheckType type, Change change = [](Check&) {}) {
    Pool pool;
    pool.check = quick(type);
    change(*pool.check);
    return pool;
}

/// Pool and persona -> "DOWN backend.timeout", "UP ok, cannot_see".
using Seen = std::map<std::string, std::map<std::string, std::string>>;

Seen seen(const TestView& view) {
    Seen seen;
    for (const auto& check : view.checks)
        for (const auto& trial : check.trials) {
            auto& words = seen[check.pools.front()][trial.persona];
            words = trial.seen + " " + trial.last;
            if (trial.result != TrialResult::ok) words += std::string{", "} + text(trial.result);
        }
    return seen;
}

Seen seen(const Spec& spec) {
    return seen(try_all(spec));
}

const std::string kUp = "UP ok";
const std::string kBlind = "UP ok, cannot_see";
const std::string kMismatch = "UP ok, mismatch";

std::string down(const std::string& reason) {
    return "DOWN backend." + reason;
}

/// What all that speak HTTP say to those who do not answer, or not in time.
std::map<std::string, std::string> of_http(std::map<std::string, std::string> others) {
    others.insert({{"ok", kUp},
                   {"refuse", down("refused")},
                   {"blackhole", down("timeout")},
                   {"accept-then-hang", down("timeout")},
                   {"slow", down("timeout")},
                   {"dribble", down("timeout")},
                   {"huge-headers", down("too_large")},
                   {"half-close", down("closed_early")},
                   {"status-503", down("status 503")}});
    return others;
}

TEST(Trials, EachPersonaIsSeenForWhatItIs) {
    Spec spec;
    spec.pools["tcp"] = pool(CheckType::tcp);
    spec.pools["tcp-expect"] = pool(CheckType::tcp, [](Check& check) {
        check.send = "PING\r\n";
        check.expect = "+";  // one byte: a dribble of it alone would be in time
    });
    spec.pools["udp"] = pool(CheckType::udp, [](Check& check) {
        check.send = "hello";
        check.expect = "ready";
    });
    spec.pools["http"] = pool(CheckType::http);
    spec.pools["http-all"] = pool(CheckType::http, [](Check& check) {
        check.expect_header = "X-Shop: frontend";
        check.expect_body = "shop";
    });
    spec.pools["http-2"] = pool(CheckType::http, [](Check& check) {
        check.http_version = HttpVersion::http2;
        check.expect_body = "shop";
    });
    spec.pools["head"] = pool(CheckType::http, [](Check& check) {
        check.method = HttpMethod::head;
        check.expect_header = "X-Shop:";
    });
    spec.pools["grpc"] = pool(CheckType::grpc);
    spec.pools["grpc-service"] =
        pool(CheckType::grpc, [](Check& check) { check.grpc_service = "shop.Frontend"; });

    const std::map<std::string, std::string> grpc{{"grpc-not-serving", down("not_serving 2")},
                                                  {"wrong-identity", kBlind}};
    const std::map<std::string, std::string> service{{"grpc-not-serving", down("not_serving 2")},
                                                     {"wrong-identity", down("grpc_service")}};
    const Seen expected{
        {"tcp",
         {{"ok", kUp},
          {"refuse", down("refused")},
          {"blackhole", down("timeout")},
          {"accept-then-hang", kBlind},
          {"slow", kBlind},
          {"dribble", kBlind},
          {"half-close", kBlind},
          {"wrong-identity", kBlind}}},
        {"tcp-expect",
         {{"ok", kUp},
          {"refuse", down("refused")},
          {"blackhole", down("timeout")},
          {"accept-then-hang", down("timeout")},
          {"slow", down("timeout")},
          {"dribble", down("timeout")},
          {"half-close", down("closed_early")},
          {"wrong-identity", down("answer")}}},
        {"udp",
         {{"ok", kUp},
          {"refuse", down("refused")},
          {"slow", down("timeout")},
          {"udp-silent", down("timeout")},
          {"wrong-identity", down("answer")}}},
        {"http", of_http({{"redirect", down("status 302")},
                          {"wrong-body", kBlind},
                          {"wrong-identity", kBlind}})},
        {"http-all", of_http({{"redirect", down("status 302")},
                              {"wrong-body", down("body")},
                              {"wrong-identity", down("header")}})},
        {"http-2", of_http({{"redirect", down("status 302")},
                            {"wrong-body", down("body")},
                            {"wrong-identity", down("body")}})},
        {"head", of_http({{"redirect", down("status 302")},
                          {"wrong-body", kBlind},
                          {"wrong-identity", down("header")}})},
        {"grpc", of_http(grpc)},
        {"grpc-service", of_http(service)},
    };
    const auto view = try_all(spec);
    const auto found = seen(view);
    for (const auto& [name, trials] : expected)
        EXPECT_EQ(found.at(name), trials) << name;
    EXPECT_EQ(found.size(), expected.size());
    EXPECT_TRUE(view.findings.empty());
}

TEST(Trials, CertificatesAreMadeForTheNameThatIsVerified) {
    Spec spec;
    spec.pools["name"] =
        pool(CheckType::https, [](Check& check) { check.tls_ca = "/nowhere/ca.pem"; });
    spec.pools["address"] = pool(CheckType::https, [](Check& check) { check.host.clear(); });
    spec.pools["sni"] = pool(CheckType::https, [](Check& check) { check.sni = "a.example.com"; });
    spec.pools["http-2"] = pool(CheckType::https, [](Check& check) {
        check.http_version = HttpVersion::http2;
        check.expect_body = "shop";
    });
    spec.pools["any"] = pool(CheckType::https, [](Check& check) { check.tls_verify = false; });
    const auto found = seen(spec);
    for (const std::string name : {"name", "address", "sni", "http-2", "any"}) {
        const auto& trials = found.at(name);
        EXPECT_EQ(trials.at("ok"), kUp) << name;
        EXPECT_EQ(trials.at("tls-expired"), name == "any" ? kBlind : down("certificate")) << name;
        EXPECT_EQ(trials.at("half-close"), down("tls")) << name;
        EXPECT_EQ(trials.at("huge-headers"), down("too_large")) << name;
        EXPECT_EQ(trials.at("status-503"), down("status 503")) << name;
    }
}

TEST(Trials, NameServersAnswerWhatIsExpectedOrSomethingElse) {
    using Answer = std::pair<DnsType, const char*>;
    const std::map<std::string, Answer> answers{{"a", {DnsType::a, "192.0.2.1"}},
                                                {"aaaa", {DnsType::aaaa, "2001:DB8::1"}},
                                                {"txt", {DnsType::txt, "ready"}},
                                                {"ns", {DnsType::ns, "one.invalid"}},
                                                {"soa", {DnsType::soa, "ns.example.com."}}};
    Spec spec;
    spec.pools["any"] = pool(CheckType::dns, [](Check& check) { check.name = "example.com"; });
    for (const auto& [name, answer] : answers) {
        spec.pools[name] = spec.pools["any"];
        spec.pools[name].check->qtype = answer.first;
        spec.pools[name].check->expect_answer = answer.second;
    }
    const auto found = seen(spec);
    for (const auto& [name, trials] : found) {
        std::map<std::string, std::string> expected{{"ok", kUp},
                                                    {"refuse", down("refused")},
                                                    {"slow", down("timeout")},
                                                    {"udp-silent", down("timeout")},
                                                    {"dns-servfail", down("rcode 2")},
                                                    {"wrong-identity", down("answer")}};
        if (name == "any") expected["wrong-identity"] = kBlind;
        EXPECT_EQ(trials, expected) << name;
    }
}

/// libcurl left the rest of such answers lying until the deadline (probe_http.cpp).
TEST(Trials, AnAnswerOverHttp2MayBeLong) {
    Spec spec;
    spec.pools["web"] = pool(CheckType::http, [](Check& check) {
        check.http_version = HttpVersion::http2;
        check.expect_header = "X-Long: " + std::string(3000, 'x');
        check.expect_body = std::string(60'000, 'y');
    });
    EXPECT_EQ(seen(spec).at("web").at("ok"), kUp);
}

TEST(Trials, ACheckThatPassesWhereItMustNotIsAFinding) {
    Spec spec;
    spec.pools["web"] = pool(CheckType::http, [](Check& check) {
        check.expect_status = {{100, 599}};
        check.where = {7, 3};
    });
    spec.pools["shop"] = spec.pools["web"];
    spec.pools["shop"].check->port = 8080;
    spec.pools["shop"].check->via = CheckVia::direct;
    spec.pools["shop"].check->where = {9, 3};
    const auto view = try_all(spec);
    ASSERT_EQ(view.checks.size(), 1u) << "two pools, one check";
    EXPECT_EQ(view.checks[0].pools, (std::vector<std::string>{"shop", "web"}));
    EXPECT_EQ(seen(view).at("shop").at("status-503"), kMismatch);
    ASSERT_EQ(view.findings.size(), 1u);
    const auto& finding = view.findings[0];
    EXPECT_EQ(finding.rule, "LB210");
    EXPECT_EQ(finding.severity, Severity::error);
    EXPECT_EQ(finding.where, (Where{9, 3}));
    EXPECT_EQ(finding.object, "pools \"shop\", \"web\"");
    EXPECT_NE(finding.message.find("status-503"), std::string::npos);
}

TEST(Trials, ACheckThatCannotPassIsAMismatch) {
    Spec spec;
    spec.pools["dns"] = pool(CheckType::dns, [](Check& check) {
        check.name = "example.com";
        check.expect_answer = "no address";
    });
    const auto view = try_all(spec);
    EXPECT_EQ(seen(view).at("dns").at("ok"), "DOWN backend.answer, mismatch");
    EXPECT_TRUE(view.findings.empty()) << "it can fail";
}

TEST(Trials, WhatCannotBePlayedDidNotPass) {
    Spec spec;
    spec.pools["header"] =
        pool(CheckType::http, [](Check& check) { check.expect_header = "Content-Length: 3"; });
    spec.pools["ping"] = pool(CheckType::icmp);
    spec.pools["unchecked"] = pool(CheckType::none);
    const auto view = try_all(spec);
    ASSERT_EQ(view.checks.size(), 3u);
    for (const auto& check : view.checks) {
        ASSERT_EQ(check.trials.size(), 1u) << text(check.type);
        EXPECT_EQ(check.trials[0].result, TrialResult::not_tested);
        EXPECT_NE(check.trials[0].note, "");
        EXPECT_EQ(check.trials[0].note == "there is no check", check.type == CheckType::none);
    }
}

TEST(Trials, CountWithTheRulesOfTheCheck) {
    Spec spec;
    spec.pools["web"] = pool(CheckType::tcp, [](Check& check) {
        check.rise = 4;
        check.fall = 1;
    });
    const auto view = try_all(spec);
    std::map<std::string, std::chrono::microseconds> took;
    for (const auto& trial : view.checks.at(0).trials)
        took[trial.persona] = trial.took;
    EXPECT_GE(took.at("ok"), milliseconds{1580}) << "(1 - 5 %) * 400 ms, then three of 400 ms";
    EXPECT_LT(took.at("refuse"), milliseconds{1200});
}

TEST(Trials, NoPoolNoTrial) {
    EXPECT_TRUE(try_all({}).checks.empty());
}

}  // namespace
}  // namespace lb::personas
