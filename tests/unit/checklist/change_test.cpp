// SPDX-License-Identifier: Apache-2.0
#include "checklist/change.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checklist/accept.hpp"
#include "unit/config/documents.hpp"

namespace lb::checklist {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Spec spec_of(const std::string& text) {
    return test::reading(test::completed(text)).spec;
}

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

Findings changed(const Spec& before, const Spec& after) {
    return review(Change{before, after, 7, outlook(before, after)});
}

TEST(Change, IsRefusedAsItsPageSays) {
    for (const auto& rule : change_rules()) {
        const auto examples = test::examples_in("docs/rules/" + std::string{rule.id} + ".md");
        const auto before = spec_of(examples.at(0).text);
        for (std::size_t i = 1; i < examples.size(); ++i) {
            auto words = examples[i].words;
            words.erase("change");
            EXPECT_EQ(test::rules_of(changed(before, spec_of(examples[i].text))), words)
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

TEST(Change, IsFreeOnTheWayBackButForFewerOrWeakerChecks) {
    for (const auto& rule : change_rules()) {
        const auto examples = test::examples_in("docs/rules/" + std::string{rule.id} + ".md");
        const auto before = spec_of(examples.at(0).text), after = spec_of(examples.at(1).text);
        const Change back{before, after, 7, outlook(before, after), true};
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
    EXPECT_EQ(pair.said(), "") << "the other way is no weakening";
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

TEST(RuleLB702, TakesALittleMore) {
    Pair pair;
    pair.check.interval = milliseconds{3999};
    pair.check.timeout = milliseconds{1999};
    pair.check.fall = 4;
    pair.check.expect_body = "other";
    pair.check.path = "/other";
    EXPECT_EQ(pair.said(), "");
}

TEST(RuleLB703, WantsTheFloorOfThePoolAndAShareOfWhatIsHealthy) {
    Pair pair;
    const auto said = [&](VipOutlook outlook) {
        return !review(Change{pair.before, pair.after, 7, {{"shop", outlook}}}).empty();
    };
    EXPECT_FALSE(said({10, 5, 1}));
    EXPECT_TRUE(said({10, 4, 1})) << "half of ten";
    EXPECT_TRUE(said({10, 6, 7})) << "min_healthy";
    EXPECT_FALSE(said({3, 2, 1}));
    EXPECT_TRUE(said({3, 1, 1})) << "half of three is two";
    EXPECT_FALSE(said({1, 1, 3})) << "it is not the change that took them away";
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

// ------------------------------------------------------------------------------------------ accept

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

}  // namespace
}  // namespace lb::checklist
