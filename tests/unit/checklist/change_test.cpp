// SPDX-License-Identifier: Apache-2.0
#include "checklist/change.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checklist/accept.hpp"
#include "model/target.hpp"
#include "unit/config/documents.hpp"

namespace lb::checklist {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using test::spec_of;

/// As if all that ran were healthy, and what is new had not been checked yet.
std::map<std::string, VipOutlook> outlook(const Spec& before, const Spec& after) {
    std::map<std::string, VipOutlook> found;
    for (const auto& [name, vip] : after.vips) {
        if (!before.vips.contains(name)) continue;
        const auto& old_pool = before.pools.at(before.vips.at(name).pool);
        int stay = 0;
        for (const auto& [id, backend] : after.pools.at(vip.pool).backends)
            for (const auto& [old_id, old_backend] : old_pool.backends)
                stay += old_backend.address == backend.address;
        found[name] = {static_cast<int>(old_pool.backends.size()), stay, 1};
    }
    return found;
}

/// Every target of `after`, as it is `now` and as its new check finds it.
std::vector<PreflightView> preflight(const Spec& after, HealthState now, Outcome outcome) {
    std::vector<PreflightView> found;
    for (const auto& target : targets(after)) {
        CheckResult result;
        result.outcome = outcome;
        result.reason = outcome == Outcome::pass ? CheckReason::ok : CheckReason::backend_status;
        found.push_back({target.id(), target.front.via, now, 3, result});
    }
    return found;
}

/// As if that had been so before.
HealthView inherited(const Spec& after, HealthState now) {
    HealthView health;
    for (const auto& target : targets(after)) {
        health[target].state = now;
        health[target].verdict = now == HealthState::down ? HealthVerdict::down : HealthVerdict::up;
    }
    return health;
}

/// As it is for a change of somebody who says what it is for, while clients are there.
Change changing(const Spec& before, const Spec& after) {
    Change change{before, after, 7, outlook(before, after)};
    change.preflight.emplace();
    for (const auto& [name, vip] : before.vips)
        change.packets[name] = 100;
    return change;
}

Findings changed(const Spec& before, const Spec& after, const test::Rules& circumstances = {}) {
    auto change = changing(before, after);
    if (circumstances.contains("new-checks-fail")) {
        change.preflight = preflight(after, HealthState::up, Outcome::fail);
        change.inherited = inherited(after, HealthState::up);
    }
    if (circumstances.contains("new-checks-heal")) {
        change.preflight = preflight(after, HealthState::down, Outcome::pass);
        change.inherited = inherited(after, HealthState::down);
    }
    if (circumstances.contains("planned-with-6")) change.expected = 6;
    if (circumstances.contains("unfinished")) change.unfinished = "verifying";
    change.is_explained = !circumstances.contains("unexplained");
    return review(change);
}

TEST(Change, IsRefusedAsItsPageSays) {
    for (const auto& rule : change_rules()) {
        const auto examples = test::examples_in("docs/rules/" + std::string{rule.id} + ".md");
        const auto before = spec_of(examples.at(0).text);
        for (std::size_t i = 1; i < examples.size(); ++i) {
            const auto circumstances = test::circumstances_of(examples[i]);
            auto words = test::without(examples[i].words, circumstances);
            words.erase("change");
            EXPECT_EQ(test::rules_of(changed(before, spec_of(examples[i].text), circumstances)),
                      words)
                << examples[i].place;
        }
    }
}

/// web: http at port 80, checked at its vip.
struct Pair {
    Spec before = spec_of(R"(pools:
  web:
    health_check: {type: https, host: a.example, expect_header: "X-A: 1", expect_body: ok}
    backends: {a: {address: 10.0.1.11}, b: {address: 10.0.1.12}}
)");
    Spec after = before;
    Check& check = *after.pools.at("web").check;

    std::string said() const {
        const auto found = changed(before, after);
        return found.empty() ? "" : found[0].rule + " " + found[0].message;
    }
};

TEST(Change, OfNothingIsFine) {
    EXPECT_EQ(Pair{}.said(), "");
}

TEST(RuleLB701, NamesWhatIsLost) {
    Pair pair;
    pair.check.type = CheckType::none;
    EXPECT_EQ(pair.said(), "LB701 check REMOVED (2 backends; generation 7 had https)");
    pair.after.pools.at("web").check.reset();
    EXPECT_THAT(pair.said(), HasSubstr("REMOVED"));
}

/// As Pair, with a second pool that has a waiver, and a vip of its own.
struct Moving : Pair {
    Moving() {
        before.pools.at("web").check->port = 80;  // also while no vip leads to it
        auto& legacy = before.pools["legacy"];
        legacy.check.emplace().type = CheckType::none;
        legacy.backends["old"].address = *Address::parse("10.0.1.19");
        auto old = before.vips.at("shop");
        old.address = *Address::parse("192.0.2.77");
        old.pool = "legacy";
        before.vips["old"] = old;
        after = before;
    }
    std::string rules() const {
        std::string all;
        for (const auto& finding : changed(before, after))
            if (finding.rule == "LB701" || finding.rule == "LB702" || finding.rule == "LB710")
                all += finding.rule + " " + finding.object + " " + finding.message + "\n";
        return all;
    }
    void rename(const std::string& pool, const std::string& name) {
        auto moved = after.pools.extract(pool);
        moved.key() = name;
        after.pools.insert(std::move(moved));
        for (auto& [vip, its] : after.vips)
            if (its.pool == pool) its.pool = name;
    }
};

TEST(RuleLB701, FollowsAVipToAnotherPool) {
    Moving moving;
    moving.after.vips.at("shop").pool = "legacy";
    EXPECT_EQ(moving.rules(),
              "LB701 pool \"legacy\" check REMOVED (vip \"shop\" from pool \"web\"; "
              "generation 7 had https)\n");
    std::swap(moving.before, moving.after);
    EXPECT_EQ(moving.rules(), "");
}

TEST(RuleLB701, FollowsAVipToAnotherNameAndAnotherRange) {
    Moving moving;
    auto shop = moving.after.vips.extract("shop");
    shop.key() = "front";
    shop.mapped().pool = "legacy";
    shop.mapped().ports = {80, 90};
    moving.after.vips.insert(std::move(shop));
    EXPECT_THAT(moving.rules(), HasSubstr("vip \"front\" from pool \"web\""));
    moving.after.vips.at("front").address = *Address::parse("192.0.2.99");
    EXPECT_EQ(moving.rules(), "") << "a new vip loses nothing";
}

TEST(RuleLB701, FollowsAVipToAnotherAddress) {
    Moving moving;
    moving.after.vips.at("shop").address = *Address::parse("192.0.2.99");
    EXPECT_EQ(moving.rules(), "");
    moving.after.vips.at("shop").pool = "legacy";
    EXPECT_THAT(moving.rules(), HasSubstr("vip \"shop\" from pool \"web\""));
}

TEST(RuleLB701, DoesNotMistakeAnotherVipForTheOneThatHadItsName) {
    Moving moving;
    std::swap(moving.after.vips.at("shop").address, moving.after.vips.at("old").address);
    std::swap(moving.after.vips.at("shop").pool, moving.after.vips.at("old").pool);
    EXPECT_EQ(moving.rules(), "") << "only their names were swapped";
}

TEST(RuleLB701, FollowsABackendToAnotherPool) {
    Moving moving;
    auto& web = moving.after.pools.at("web").backends;
    moving.after.pools.at("legacy").backends["new"] = web.at("b");
    EXPECT_EQ(moving.rules(), "") << "it is where it was, too";
    web.erase("b");
    EXPECT_EQ(moving.rules(),
              "LB701 pool \"legacy\" check REMOVED (backend \"new\" from pool \"web\"; "
              "generation 7 had https)\n");
}

TEST(RuleLB702, FollowsAPoolToAnotherName) {
    Moving moving;
    moving.rename("web", "www");
    EXPECT_EQ(moving.rules(), "");
    moving.after.pools.at("www").check->type = CheckType::tcp;
    EXPECT_THAT(moving.rules(), HasSubstr("LB702 pool \"www\" check WEAKENED "
                                          "(vip \"shop\" from pool \"web\"): type https -> tcp"));
    moving.after.vips.erase("shop");
    EXPECT_THAT(moving.rules(), HasSubstr("(2 backends from pool \"web\"): type https -> tcp"));
}

TEST(RuleLB710, FollowsAVipToAnotherPool) {
    Moving moving;
    moving.before.pools.at("legacy").all_down = AllDown::fail_closed;
    moving.before.pools.at("legacy").check = moving.before.pools.at("web").check;
    moving.after = moving.before;
    EXPECT_EQ(moving.rules(), "");
    moving.after.vips.at("shop").pool = "legacy";
    EXPECT_THAT(moving.rules(), HasSubstr("LB710 pool \"legacy\" all_down fail_open -> fail_closed "
                                          "(vip \"shop\" from pool \"web\")"));
}

TEST(Change, IsFreeOnTheWayBackButForFewerOrWeakerChecks) {
    for (const auto& rule : change_rules()) {
        const auto examples = test::examples_in("docs/rules/" + std::string{rule.id} + ".md");
        const auto before = spec_of(examples.at(0).text), after = spec_of(examples.at(1).text);
        auto back = changing(before, after);
        back.is_way_back = true;
        EXPECT_EQ(!review(back).empty(), rule.id == "LB701" || rule.id == "LB702") << rule.id;
    }
}

struct Weakening {
    const char* words;
    void (*make)(Check&);
};

class RuleLB702 : public testing::TestWithParam<Weakening> {};

TEST_P(RuleLB702, SeesWhatIsWeaker) {
    Pair pair;
    GetParam().make(pair.check);
    EXPECT_EQ(pair.said(), std::string{"LB702 check WEAKENED (2 backends): "} + GetParam().words);
    std::swap(pair.before, pair.after);
    EXPECT_THAT(pair.said(), Not(HasSubstr("LB702"))) << "the other way is no weakening";
}

INSTANTIATE_TEST_SUITE_P(
    Each, RuleLB702,
    testing::Values(
        Weakening{"type https -> http", [](Check& check) { check.type = CheckType::http; }},
        Weakening{"type https -> tcp", [](Check& check) { check.type = CheckType::tcp; }},
        Weakening{"type https -> icmp", [](Check& check) { check.type = CheckType::icmp; }},
        Weakening{"type https -> udp", [](Check& check) { check.type = CheckType::udp; }},
        Weakening{"check_via vip -> direct", [](Check& check) { check.via = CheckVia::direct; }},
        Weakening{"expect_header \"X-A: 1\" -> nothing",
                  [](Check& check) { check.expect_header.clear(); }},
        Weakening{"expect_body \"ok\" -> nothing", [](Check& check) { check.expect_body.clear(); }},
        Weakening{"tls_verify true -> false", [](Check& check) { check.tls_verify = false; }},
        Weakening{"expect_status 200 -> 200 404",
                  [](Check& check) {
                      check.expect_status.push_back({404, 404});
                  }},
        Weakening{"interval 2s -> 4s", [](Check& check) { check.interval *= 2; }},
        Weakening{"timeout 1s -> 2s", [](Check& check) { check.timeout *= 2; }},
        Weakening{"stale_after 15s -> 30s", [](Check& check) { check.stale_after *= 2; }},
        Weakening{"fall 3 -> 5", [](Check& check) { check.fall += 2; }},
        Weakening{"interval 2s -> 4s, fall 3 -> 9", [](Check& check) {
                      check.interval *= 2;
                      check.fall = 9;
                  }}));

TEST(RuleLB702, SeesAnotherPortEitherWay) {
    Pair pair;
    pair.check.port = 8080;
    EXPECT_THAT(pair.said(), HasSubstr("port 80 -> 8080"));
    std::swap(pair.before, pair.after);
    EXPECT_THAT(pair.said(), HasSubstr("port 8080 -> 80"));
}

/// Of another type, an expectation is as much gone as of the same one.
TEST(RuleLB702, SeesWhatIsDroppedOnTheWayToAnotherType) {
    Pair pair;
    const auto becomes = [&](auto make) {
        pair.check = *pair.before.pools.at("web").check;
        make(pair.check);
        return pair.said();
    };
    auto& before = *pair.before.pools.at("web").check;
    before.type = CheckType::http;
    EXPECT_THAT(becomes([](Check& check) { check.type = CheckType::https; }),
                Not(HasSubstr("LB702")));
    EXPECT_THAT(becomes([](Check& check) {
                    check.type = CheckType::https;
                    check.expect_body.clear();
                }),
                HasSubstr("expect_body \"ok\" -> nothing"));
    EXPECT_THAT(becomes([](Check& check) {
                    check.type = CheckType::https;
                    check.tls_verify = false;
                    check.expect_header.clear();
                }),
                HasSubstr("expect_header \"X-A: 1\" -> nothing"));
    EXPECT_THAT(becomes([](Check& check) { check.type = CheckType::grpc; }),
                HasSubstr("expect_body \"ok\" -> nothing"));
    before.expect_body.clear(), before.expect_header.clear();
    EXPECT_THAT(becomes([](Check& check) { check.type = CheckType::grpc; }),
                Not(HasSubstr("LB702")));
    before.type = CheckType::https;
    EXPECT_THAT(becomes([](Check& check) { check.type = CheckType::grpc; }),
                HasSubstr("type https -> grpc"));
    EXPECT_THAT(becomes([](Check& check) { check.type = CheckType::dns; }),
                HasSubstr("type https -> dns"));
    before.type = CheckType::grpc;
    before.grpc_service = "shop.Cart";
    EXPECT_THAT(becomes([](Check& check) { check.grpc_service.clear(); }),
                HasSubstr("grpc_service \"shop.Cart\" -> nothing"));
    EXPECT_THAT(becomes([](Check& check) { check.type = CheckType::http; }),
                HasSubstr("grpc_service \"shop.Cart\" -> nothing"));
    EXPECT_THAT(becomes([](Check& check) { check.grpc_service = "shop.Till"; }),
                Not(HasSubstr("LB702")));
    before.type = CheckType::tcp;
    before.expect = "220";
    EXPECT_THAT(becomes([](Check& check) { check.type = CheckType::http; }),
                Not(HasSubstr("LB702")))
        << "it proves more";
}

TEST(RuleLB702, TakesALittleMore) {
    Pair pair;
    pair.check.interval = milliseconds{3999};
    pair.check.timeout = milliseconds{1999};
    pair.check.fall = 4;
    EXPECT_EQ(pair.said(), "");
}

/// What a slip of the finger in a value leaves behind is as valid as what it was.
TEST(RuleLB713, SaysWhatACheckAsksOtherwise) {
    const std::pair<const char*, void (*)(Check&)> cases[] = {
        {"path \"/\" -> \"/healtz\"", [](Check& check) { check.path = "/healtz"; }},
        {"host \"a.example\" -> \"a.exmple\"", [](Check& check) { check.host = "a.exmple"; }},
        {"method GET -> HEAD", [](Check& check) { check.method = HttpMethod::head; }},
        {"sni nothing -> \"b.example\"", [](Check& check) { check.sni = "b.example"; }},
        {"path \"/\" -> \"/a\", expect_body \"ok\" -> \"k\"",
         [](Check& check) { check.path = "/a", check.expect_body = "k"; }},
    };
    for (const auto& [words, make] : cases) {
        Pair pair;
        make(pair.check);
        EXPECT_EQ(pair.said(),
                  std::string{"LB713 check asks for something else (2 backends): "} + words);
    }
}

TEST(RuleLB713, KnowsWhatMeansSomethingToAType) {
    const std::tuple<CheckType, const char*, void (*)(Check&)> cases[] = {
        {CheckType::tcp, "send nothing -> masked", [](Check& check) { check.send = "PING"; }},
        {CheckType::udp, "expect nothing -> \"PONG\"", [](Check& check) { check.expect = "PONG"; }},
        {CheckType::dns, "name nothing -> \"a\"", [](Check& check) { check.name = "a"; }},
        {CheckType::grpc, "grpc_service nothing -> \"a\"",
         [](Check& check) { check.grpc_service = "a"; }},
        {CheckType::icmp, "", [](Check& check) { check.path = "/a"; }},
    };
    for (const auto& [type, words, make] : cases) {
        Pair pair;
        pair.before.pools.at("web").check->type = pair.check.type = type;
        make(pair.check);
        EXPECT_THAT(pair.said(), testing::EndsWith(words)) << text(type);
        EXPECT_EQ(pair.said().empty(), *words == 0) << pair.said();
    }
}

TEST(RuleLB713, ShowsNothingOfWhatIsSent) {
    Pair pair;
    auto& before = *pair.before.pools.at("web").check;
    before.type = pair.check.type = CheckType::tcp;
    before.send = "AUTH a", pair.check.send = "AUTH b";
    EXPECT_THAT(pair.said(), testing::EndsWith("(2 backends): send differs"));
    pair.check.expect = "+OK";
    EXPECT_THAT(pair.said(), testing::EndsWith("expect nothing -> \"+OK\", send differs"));
}

TEST(RuleLB713, FollowsAVipToAnotherPoolAndNoBackend) {
    Pair pair;
    pair.before.pools.at("web").check->port = pair.check.port =
        80;  // also where no vip leads to it
    auto& pools = pair.after.pools;
    pools["other"] = pools.at("web");
    pools.at("other").check->path = "/other";
    pools.at("web").backends.erase("a"), pools.at("other").backends.erase("b");
    EXPECT_EQ(pair.said(), "");
    pair.after.vips.at("shop").pool = "other";
    EXPECT_THAT(pair.said(), HasSubstr("LB713 check asks for something else (vip \"shop\""));
}

/// INV-5.
TEST(RuleLB703, WantsTheFloorOfThePoolAndAShareOfWhatIsHealthy) {
    Pair pair;
    const auto said = [&](VipOutlook outlook) {
        auto change = changing(pair.before, pair.after);
        change.vips = {{"shop", outlook}};
        return !review(change).empty();
    };
    EXPECT_FALSE(said({10, 5, 1}));
    EXPECT_TRUE(said({10, 4, 1})) << "half of ten";
    EXPECT_TRUE(said({10, 6, 7})) << "min_healthy";
    EXPECT_FALSE(said({3, 2, 1}));
    EXPECT_TRUE(said({3, 1, 1})) << "half of three is two";
    EXPECT_FALSE(said({1, 1, 3})) << "it is not the change that took them away";
    EXPECT_TRUE(said({1, 1, 3, false, true})) << "the change wants more of them";
    EXPECT_FALSE(said({0, 0, 1}));
    EXPECT_TRUE(said({1, 0, 1}));
    pair.before.pools.at("web").change_floor_percent = 0;
    EXPECT_FALSE(said({10, 1, 1}));
    pair.before.pools.at("web").change_floor_percent = 100;
    EXPECT_TRUE(said({10, 9, 1}));
}

TEST(RuleLB707, CountsAddresses) {
    Pair pair;
    auto& backends = pair.after.pools.at("web").backends;
    backends["c"] = backends.at("a");  // renamed
    backends.erase("a");
    EXPECT_EQ(pair.said(), "");
    backends.at("c").address = *Address::parse("10.0.1.13");
    EXPECT_EQ(pair.said(), "") << "one of two";
    backends.at("b").address = *Address::parse("10.0.1.14");
    EXPECT_THAT(test::rules_of(changed(pair.before, pair.after)), testing::Contains("LB707"));
}

TEST(RuleLB707, FollowsTheVip) {
    Pair pair;
    auto pool = pair.after.pools.extract("web");
    pool.key() = "www";
    pair.after.pools.insert(std::move(pool));
    pair.after.vips.begin()->second.pool = "www";
    EXPECT_EQ(pair.said(), "") << "another name, the same backends";
    auto& backends = pair.after.pools.at("www").backends;
    backends.at("a").address = *Address::parse("10.0.1.13");
    EXPECT_EQ(pair.said(), "") << "one of two";
    backends.at("b").address = *Address::parse("10.0.1.14");
    const auto found = changed(pair.before, pair.after);
    const auto its = std::ranges::find(found, "LB707", &Finding::rule);
    ASSERT_NE(its, found.end());
    EXPECT_EQ(its->object, "pool \"www\"");
    EXPECT_EQ(its->message, "2 of 2 backends replaced at once (vip \"shop\" from pool \"web\")");
}

// ------------------------------------------------------------------------------------------ accept

/// INV-24.
TEST(Accept, IsOneRuleAboutChangesAndOneName) {
    EXPECT_EQ(parse_accept("LB701:web")->text(), "LB701:web");
    for (const auto* wrong :
         {"", "LB701", "LB701:", ":web", "LB701:*", "*:web", "LB701:web,api", "LB001:web",
          "LB304:web", "LB799:web", "LB701:Web", "lb701:web", "LB701:web ", "LB701 web"})
        EXPECT_FALSE(parse_accept(wrong)) << wrong;
}

TEST(Accept, LetsPassWhatItNamesAndNothingElse) {
    const Findings found{{"LB701", Severity::error, {}, "pool \"web\"", "", ""},
                         {"LB701", Severity::error, {}, "pool \"api\"", "", ""},
                         {"LB703", Severity::error, {}, "vip \"web\"", "", ""}};
    const auto guarded = guard(found, {{"LB701", "web"}, {"LB702", "web"}});
    ASSERT_EQ(guarded.accepted.size(), 1u);
    EXPECT_EQ(guarded.accepted[0].object, "pool \"web\"");
    EXPECT_EQ(guarded.refused.size(), 2u);
    EXPECT_THAT(guarded.useless, ElementsAre("LB702:web"));
    EXPECT_EQ(flags_for(guarded.refused), "--accept LB701:api --accept LB703:web --reason TEXT");
    EXPECT_THAT(guard(found, {{"LB701", "web"}, {"LB701", "api"}, {"LB703", "web"}}).refused,
                IsEmpty());
}

TEST(RuleLB703, WantsANewVipToHaveSomebody) {
    Pair pair;
    pair.after.pools["new"] = pair.after.pools.at("web");
    pair.after.vips["new"] = pair.after.vips.begin()->second;
    pair.after.vips["new"].pool = "new";
    pair.after.vips["new"].address = *Address::parse("192.0.2.99");
    auto change = changing(pair.before, pair.after);
    change.vips["new"] = {0, 0, 1, true};
    EXPECT_THAT(review(change), IsEmpty()) << "nobody has tried";
    change.preflight = preflight(pair.after, HealthState::checking, Outcome::fail);
    const auto found = review(change);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].rule + " " + found[0].object, "LB703 vip \"new\"");
    change.vips["new"].predicted = 1;
    EXPECT_THAT(review(change), IsEmpty());
}

TEST(RuleLB704, SaysOnHowManyAndWhatTheyAnswer) {
    Pair pair;
    auto change = changing(pair.before, pair.after);
    pair.after.pools.at("web").backends["c"].address = *Address::parse("10.0.1.13");
    change.preflight = preflight(pair.after, HealthState::up, Outcome::fail);
    change.inherited = inherited(pair.after, HealthState::up);
    change.preflight->front().result.outcome = Outcome::pass;
    change.inherited.rbegin()->second.verdict = HealthVerdict::down;
    const auto found = review(change);
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0].message,
              "preflight: the new check fails on 1 of 2 backends that are up: b: backend.status 0");
}

TEST(RuleLB704, CountsABackendOnceAtHoweverManyAddresses) {
    Pair pair;
    auto change = changing(pair.before, pair.after);
    pair.after.vips["other"] = pair.after.vips.at("shop");
    pair.after.vips["other"].address = *Address::parse("192.0.2.99");
    change.preflight = preflight(pair.after, HealthState::up, Outcome::fail);
    change.inherited = inherited(pair.after, HealthState::up);
    ASSERT_EQ(change.preflight->size(), 4U);
    EXPECT_THAT(review(change).at(0).message, HasSubstr("fails on 2 of 2 backends"));
}

/// Whose traffic it is that the check takes away does not depend on whether somebody looked.
TEST(RuleLB704, CountsWhoIsTakenForUp) {
    for (const auto now : {HealthState::up, HealthState::stale, HealthState::unchecked}) {
        Pair pair;
        auto change = changing(pair.before, pair.after);
        change.preflight = preflight(pair.after, now, Outcome::fail);
        change.inherited = inherited(pair.after, now);
        EXPECT_EQ(test::rules_of(review(change)), test::Rules{"LB704"}) << text(now);
        for (auto& [target, its] : change.inherited)
            its.verdict = HealthVerdict::down;
        EXPECT_THAT(review(change), IsEmpty()) << text(now);
        for (auto& each : *change.preflight)
            each.result.outcome = Outcome::pass;
        EXPECT_EQ(test::rules_of(review(change)), test::Rules{"LB705"}) << text(now);
    }
}

TEST(RulesOfThePreflight, WaitForIt) {
    Pair pair;
    auto change = changing(pair.before, pair.after);
    change.vips.begin()->second = {2, 0, 1, false};
    change.preflight.reset();
    EXPECT_THAT(review(change), IsEmpty());
    change.preflight.emplace();
    EXPECT_EQ(review(change).at(0).rule, "LB703");
}

TEST(RuleLB706, IsAboutTrafficAndNotAboutNames) {
    Pair pair;
    pair.before.pools.at("web").check->port = pair.check.port = 80;
    const auto vip = pair.after.vips.extract(pair.after.vips.begin()).mapped();
    EXPECT_THAT(pair.said(), HasSubstr("LB706 removed while it gets 100 packets a second"));
    auto quiet = changing(pair.before, pair.after);
    quiet.packets.begin()->second = 0.5;
    EXPECT_THAT(review(quiet), IsEmpty());
    pair.after.vips["another-name"] = vip;
    EXPECT_EQ(pair.said(), "");
}

TEST(RulesAboutTheMoment, CannotBeAccepted) {
    EXPECT_FALSE(parse_accept("LB708:web"));
    EXPECT_FALSE(parse_accept("LB709:web"));
    EXPECT_FALSE(parse_accept("LB705:web")) << "a warning";
    EXPECT_TRUE(parse_accept("LB704:web"));
    const Pair pair;
    auto change = changing(pair.before, pair.after);
    change.unfinished = "pending";
    EXPECT_EQ(flags_for(review(change)), "");
}

TEST(RulesAboutTheMoment, DoNotCloseTheWayBack) {
    const Pair pair;
    auto change = changing(pair.before, pair.after);
    change.unfinished = "verifying";
    change.is_way_back = true;
    EXPECT_THAT(review(change), IsEmpty());
    change.expected = 6;
    EXPECT_EQ(review(change).at(0).rule, "LB708") << "somebody asked for it";
}

}  // namespace
}  // namespace lb::checklist
