// SPDX-License-Identifier: Apache-2.0
#include "change/accepted.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checklist/change.hpp"
#include "model/json_memory.hpp"
#include "unit/config/documents.hpp"

namespace lb::change {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Vip shop leads to pool web, which is checked well; nothing leads to api.
Spec strict() {
    return test::spec_of(R"(pools:
  api:
    health_check: {type: http, port: 80}
    backends: {c: {address: 10.0.1.13}, d: {address: 10.0.1.14}}
  web:
    health_check: {type: https, host: a.example, tls_verify: true, expect_body: ok}
    backends: {a: {address: 10.0.1.11}, b: {address: 10.0.1.12}}
)");
}

Check& check(Spec& spec) {
    return *spec.pools.at("web").check;
}

void no_change(Spec&) {}
void uncheck(Spec& spec) {
    check(spec) = {};
    check(spec).type = CheckType::none;
}
void weaken(Spec& spec) {
    check(spec).type = CheckType::tcp;
    check(spec).fall = 9;
}
void restore(Spec& spec) {
    check(spec) = *strict().pools.at("web").check;
}
void close(Spec& spec) {
    spec.pools.at("web").all_down = AllDown::fail_closed;
}
void add_unchecked(Spec& spec) {
    spec.pools["new"].check.emplace().type = CheckType::none;
}
void weigh(Spec& spec) {
    spec.pools.at("web").backends.at("a").weight = 50;
    spec.pools.at("api").all_down = AllDown::fail_closed;
}
void rename(Spec& spec) {
    auto pool = spec.pools.extract("web");
    pool.key() = "www";
    spec.pools.insert(std::move(pool));
    spec.vips.at("shop").pool = "www";
}
void lead_shop_to_api(Spec& spec) {
    spec.vips.at("shop").pool = "api";
}
void lead_to_api(Spec& spec) {
    spec.pools.erase("web");
    lead_shop_to_api(spec);
}
void move_b_to_api(Spec& spec) {
    spec.pools.at("api").backends.insert(spec.pools.at("web").backends.extract("b"));
}

/// What one change was let pass for, and what the next one leaves of that.
struct Case {
    const char* accept;
    void (*change)(Spec&);
    const char* next;
    void (*then)(Spec&);
    const char* in_effect;
};

class StillAccepted : public testing::TestWithParam<Case> {};

std::string words(const std::vector<Accepted>& accepted) {
    std::string all;
    for (const auto& each : accepted)
        all += (all.empty() ? "" : " ") + each.rule + ":" + each.object;
    return all;
}

GenerationMeta meta(const std::string& accept) {
    GenerationMeta its{7, WallTime{std::chrono::hours{1}}, 0, "", "abc"};
    its.accepted = {accept};
    its.reason = "CHG-118";
    its.login_uid = 1001;
    return its;
}

/// INV-24.
TEST_P(StillAccepted, IsWhatTheNextChangeLeavesAsItIs) {
    const auto& its = GetParam();
    const auto before = strict();
    auto after = before;
    its.change(after);
    const auto accepted = accepted_by(meta(its.accept), before, after);
    EXPECT_EQ(words(accepted), its.accept) << "of the change itself";
    auto next = after;
    its.then(next);
    const auto left = lasting(accepted, after, next);
    EXPECT_EQ(words(left), its.in_effect) << its.accept << ", then " << its.next;
    EXPECT_EQ(words(lasting(left, next, next)), its.in_effect) << "and over a restart";
    for (const auto& each : left) {
        EXPECT_EQ(each.generation, 7U);
        EXPECT_EQ(each.login_uid, 1001U);
        EXPECT_EQ(each.reason, "CHG-118");
    }
}

INSTANTIATE_TEST_SUITE_P(
    Each, StillAccepted,
    testing::Values(
        Case{"LB701:web", uncheck, "nothing", no_change, "LB701:web"},
        Case{"LB701:web", uncheck, "another thing", weigh, "LB701:web"},
        Case{"LB701:web", uncheck, "another name", rename, "LB701:www"},
        Case{"LB701:web", uncheck, "a check", restore, ""},
        Case{"LB701:web", uncheck, "a weaker check", weaken, "LB701:web"},
        Case{"LB701:web", uncheck, "another pool, less strict", lead_to_api, "LB701:api"},
        Case{"LB701:web", uncheck, "another pool, as strict",
             [](Spec& spec) {
                 lead_to_api(spec);
                 spec.pools.at("api").check = strict().pools.at("web").check;
             },
             ""},
        Case{"LB702:web", weaken, "another thing", weigh, "LB702:web"},
        Case{"LB702:web", weaken, "another name", rename, "LB702:www"},
        Case{"LB702:web", weaken, "half of it back", [](Spec& spec) { check(spec).fall = 3; },
             "LB702:web"},
        Case{"LB702:web", weaken, "weaker still", [](Spec& spec) { check(spec).interval *= 4; },
             "LB702:web"},
        Case{"LB702:web", weaken, "none at all", uncheck, "LB702:web"},
        Case{"LB702:web", weaken, "all of it back", restore, ""},
        Case{"LB702:web", weaken, "as strict, but not the same",
             [](Spec& spec) {
                 restore(spec);
                 check(spec).interval += milliseconds{500};
                 check(spec).expect_body = "fine";
             },
             ""},
        Case{"LB702:web", [](Spec& spec) { check(spec).port = 8080; }, "another vip",
             [](Spec& spec) {
                 spec.vips.at("shop").ports = {81, 81};
             },
             "LB702:web"},
        Case{"LB702:web", [](Spec& spec) { check(spec).port = 8080; }, "its own port",
             [](Spec& spec) { check(spec).port = 80; }, ""},
        Case{"LB702:api", lead_shop_to_api, "another thing", weigh, "LB702:api"},
        Case{"LB702:api", lead_shop_to_api, "what web is asked",
             [](Spec& spec) { spec.pools.at("api").check = spec.pools.at("web").check; }, ""},
        Case{"LB702:api", lead_shop_to_api, "the vip led back",
             [](Spec& spec) { spec.vips.at("shop").pool = "web"; }, ""},
        Case{"LB702:api", move_b_to_api, "another thing", weigh, "LB702:api"},
        Case{"LB702:api", move_b_to_api, "it moved on",
             [](Spec& spec) { spec.pools.at("api").backends.erase("b"); }, ""},
        Case{"LB710:web", close, "another thing", weigh, "LB710:web"},
        Case{"LB710:web", close, "another name", rename, "LB710:www"},
        Case{"LB710:web", close, "another pool that is open", lead_to_api, ""},
        Case{"LB710:web", close, "open again",
             [](Spec& spec) { spec.pools.at("web").all_down = AllDown::fail_open; }, ""},
        Case{"LB711:new", add_unchecked, "another thing", weigh, "LB711:new"},
        Case{"LB711:new", add_unchecked, "a check",
             [](Spec& spec) { spec.pools.at("new").check->type = CheckType::tcp; }, ""},
        Case{"LB703:shop", weigh, "nothing", no_change, ""},
        Case{"LB704:web", weigh, "nothing", no_change, ""},
        Case{"LB706:shop", weigh, "nothing", no_change, ""},
        Case{"LB707:web", weigh, "nothing", no_change, ""},
        Case{"LB712:shop", weigh, "nothing", no_change, ""}));

/// A rule that is new has to say how long it lasts.
TEST(StillAccepted, IsKnownOfEachRuleThatCanBeAccepted) {
    std::set<std::string> rules;
    for (const auto& rule : checklist::change_rules())
        if (checklist::may_be_accepted(rule)) rules.insert(std::string{rule.id});
    EXPECT_THAT(rules, ElementsAre("LB701", "LB702", "LB703", "LB704", "LB706", "LB707", "LB710",
                                   "LB711", "LB712"));
}

/// It is told to whoever asks for the generations.
TEST(StillAccepted, KeepsNothingOfWhatWasSent) {
    auto before = strict();
    check(before).type = CheckType::udp;
    check(before).send = "AUTH hunter2", check(before).expect = "+OK";
    auto after = before;
    check(after).fall = 9;
    const auto accepted = accepted_by(meta("LB702:web"), before, after);
    ASSERT_EQ(words(accepted), "LB702:web");
    EXPECT_THAT(accepted[0].before, HasSubstr("+OK"));
    EXPECT_THAT(accepted[0].before, testing::Not(HasSubstr("hunter2")));
    auto next = after;
    check(next).send = "AUTH other";
    EXPECT_EQ(words(lasting(accepted, after, next)), "LB702:web");
    EXPECT_THAT(lasting(accepted, after, before), IsEmpty());
}

TEST(StillAccepted, CountsTwiceWhatWasWeakenedTwice) {
    const auto first = strict();
    auto second = first, third = first;
    weaken(second);
    third = second;
    check(third).interval *= 4;
    auto accepted = accepted_by(meta("LB702:web"), first, second);
    accepted = lasting(accepted, second, third);
    for (auto& own : accepted_by(meta("LB702:web"), second, third))
        accepted.push_back(std::move(own));
    EXPECT_EQ(words(accepted), "LB702:web LB702:web");
    EXPECT_EQ(words(lasting(accepted, third, second)), "LB702:web");
    EXPECT_THAT(lasting(accepted, third, first), IsEmpty());
}

TEST(InEffect, IsStoredWithTheGeneration) {
    auto its = meta("LB702:web");
    auto after = strict();
    weaken(after);
    its.in_effect = accepted_by(its, strict(), after);
    const auto read = json::parse_meta(json::print(its));
    ASSERT_TRUE(read) << read.error().what;
    const auto accepted = in_effect(*read);
    ASSERT_EQ(accepted.size(), 1U);
    EXPECT_EQ(accepted[0].at, its.at);
    EXPECT_THAT(accepted[0].before, HasSubstr("type: https"));
    EXPECT_EQ(words(lasting(accepted, after, after)), "LB702:web");
    EXPECT_THAT(lasting(accepted, after, strict()), IsEmpty());
}

/// One that an older lbd wrote says what it was let pass for, and not what the check was.
TEST(InEffect, OfAnOlderGenerationIsItsOwnAlone) {
    const auto read = json::parse_meta(
        R"({"schema_version": 1, "generation": 7, "at": null, "uid": 1001, "comment": "",
            "config_hash": "abc", "accepted": ["LB702:web", "LB703:shop"], "reason": "CHG-118"})");
    ASSERT_TRUE(read) << read.error().what;
    const auto accepted = in_effect(*read);
    EXPECT_EQ(words(accepted), "LB702:web LB703:shop");
    EXPECT_EQ(accepted[0].uid, 1001U);
    EXPECT_EQ(words(lasting(accepted, strict(), strict())), "LB702:web") << "nobody has touched it";
    auto touched = strict();
    weigh(touched);
    EXPECT_EQ(words(lasting(accepted, strict(), touched)), "") << "nobody can tell";
}

}  // namespace
}  // namespace lb::change
