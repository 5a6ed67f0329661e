// SPDX-License-Identifier: Apache-2.0
#include "health/inherit.hpp"

#include <gtest/gtest.h>

#include "unit/ip.hpp"

namespace lb::health {
namespace {

using test::ip;

const Address kVip4 = ip("192.0.2.10");
const Address kVip6 = ip("2001:db8::10");

/// A pool "web" with one backend, behind two vips.
Spec shop(CheckVia via) {
    Spec spec;
    auto& pool = spec.pools["web"];
    pool.check.emplace().via = via;
    pool.backends["a"].address = ip("10.0.0.1");
    for (const auto& [name, address] : {std::pair{"four", kVip4}, {"six", kVip6}}) {
        spec.vips[name].pool = "web";
        spec.vips[name].address = address;
        spec.vips[name].ports = {80, 80};
    }
    return spec;
}

const Target kOwn{{"web"}, "a"};
const Target kAtFour{{"web", kVip4}, "a"};
const Target kAtSix{{"web", kVip6}, "a"};

BackendHealth known(HealthVerdict verdict) {
    BackendHealth health;
    health.state = state_of(verdict);
    health.verdict = verdict;
    return health;
}

const auto kUp = known(HealthVerdict::up);
const auto kDown = known(HealthVerdict::down);

/// none where nothing is known.
HealthVerdict verdict(const HealthView& view, const Target& target) {
    const auto found = view.find(target);
    return found == view.end() ? HealthVerdict::none : found->second.verdict;
}

TEST(Inherit, WhatIsTheSameKeepsItsState) {
    const auto spec = shop(CheckVia::vip);
    const auto after = inherit({{kAtFour, kUp}, {kAtSix, kDown}}, spec, spec);
    EXPECT_EQ(verdict(after, kAtFour), HealthVerdict::up);
    EXPECT_EQ(verdict(after, kAtSix), HealthVerdict::down);
}

TEST(Inherit, AnotherAddressIsAnotherBackend) {
    const auto was = shop(CheckVia::direct);
    auto is = was;
    is.pools["web"].backends["a"].address = ip("10.0.0.2");
    EXPECT_TRUE(inherit({{kOwn, kUp}}, was, is).empty());
    EXPECT_TRUE(inherit({{kOwn, kDown}}, was, is).empty());
}

TEST(Inherit, ACheckThatGoesAnotherWayKeepsTheVerdict) {
    const auto direct = shop(CheckVia::direct), vip = shop(CheckVia::vip);
    const auto at_vips = inherit({{kOwn, kUp}}, direct, vip);
    EXPECT_EQ(verdict(at_vips, kAtFour), HealthVerdict::up);
    EXPECT_EQ(verdict(at_vips, kAtSix), HealthVerdict::up);
    const auto own = inherit({{kAtFour, kUp}, {kAtSix, kDown}}, vip, direct);
    EXPECT_EQ(verdict(own, kOwn), HealthVerdict::down);
}

TEST(Inherit, AnotherVipIsProvedByItself) {
    const auto was = shop(CheckVia::vip);
    auto is = was;
    is.vips["six"].address = ip("2001:db8::11");
    const auto after = inherit({{kAtFour, kUp}, {kAtSix, kUp}}, was, is);
    EXPECT_EQ(after.size(), 1u);
    EXPECT_EQ(verdict(after, kAtFour), HealthVerdict::up);
}

/// INV-4.
TEST(Inherit, ANewNameHealsNobody) {
    const auto was = shop(CheckVia::vip);
    auto is = was;
    is.pools["shop"] = is.pools["web"];
    is.pools.erase("web");
    for (auto& [name, vip] : is.vips)
        vip.pool = "shop";
    const auto after = inherit({{kAtFour, kUp}, {kAtSix, kDown}}, was, is);
    EXPECT_EQ(verdict(after, {{"shop", kVip4}, "a"}), HealthVerdict::none);
    EXPECT_EQ(verdict(after, {{"shop", kVip6}, "a"}), HealthVerdict::down);
}

TEST(Inherit, ButAnotherPortIsAnotherServer) {
    const auto was = shop(CheckVia::direct);
    auto is = was;
    is.pools["shop"] = is.pools["web"];
    is.pools["shop"].check->port = 8080;
    EXPECT_EQ(verdict(inherit({{kOwn, kDown}}, was, is), {{"shop"}, "a"}), HealthVerdict::none);
    is.pools["shop"].check->port = 80;
    EXPECT_EQ(verdict(inherit({{kOwn, kDown}}, was, is), {{"shop"}, "a"}), HealthVerdict::down);
}

/// From now on its pool is not checked.
void waive(Spec& spec, const std::string& pool = "web") {
    auto& check = *spec.pools[pool].check;
    check.type = CheckType::none;
    check.reason = "moving";
    check.until = parse_date("2026-12-20");
}

/// INV-4.
TEST(Inherit, ACheckThatGoesChangesNoVerdict) {
    for (const auto verdict_before :
         {HealthVerdict::none, HealthVerdict::up, HealthVerdict::down}) {
        const auto was = shop(CheckVia::vip);
        auto is = was;
        waive(is);
        const auto after = inherit({{kAtFour, known(verdict_before)}}, was, is);
        EXPECT_EQ(after.at(kAtFour).state, HealthState::unchecked);
        EXPECT_EQ(after.at(kAtFour).verdict, verdict_before);
    }
}

TEST(Inherit, ACheckThatGoesSaysWhy) {
    const auto was = shop(CheckVia::vip);
    auto is = was;
    waive(is);
    auto down = kDown;
    down.why = "3 fails in a row";
    auto after = inherit({{kAtFour, kUp}, {kAtSix, down}}, was, is);
    EXPECT_EQ(after.at(kAtFour).why, "not checked until 2026-12-20: moving");
    EXPECT_EQ(after.at(kAtSix).why,
              "not checked until 2026-12-20: moving; it was DOWN: 3 fails in a row");
    const auto again = inherit(after, is, is);
    EXPECT_EQ(again.at(kAtSix).why, after.at(kAtSix).why);
    auto renewed = is;
    renewed.pools["web"].check->reason = "still";
    EXPECT_EQ(inherit(after, is, renewed).at(kAtSix).why,
              "not checked until 2026-12-20: still; its verdict is down");
}

TEST(Inherit, ACheckThatComesKeepsTheVerdictToo) {
    auto was = shop(CheckVia::vip);
    waive(was);
    auto is = shop(CheckVia::vip);
    auto down = kDown, up = kUp;
    down.state = up.state = HealthState::unchecked;
    const auto after = inherit({{kAtFour, down}, {kAtSix, up}}, was, is);
    EXPECT_EQ(after.at(kAtFour).state, HealthState::down);
    EXPECT_EQ(after.at(kAtSix).state, HealthState::up);
}

TEST(Inherit, WhoIsNewWhereNobodyIsCheckedIsUp) {
    auto spec = shop(CheckVia::vip);
    waive(spec);
    const auto after = inherit({}, spec, spec);
    EXPECT_EQ(after.at(kAtFour).state, HealthState::unchecked);
    EXPECT_EQ(after.at(kAtFour).verdict, HealthVerdict::up);
}

TEST(Inherit, WhoWasDownAnywhereStaysSoWhereNobodyIsChecked) {
    auto was = shop(CheckVia::vip);
    was.pools["web"].check->port = 8080;
    auto is = shop(CheckVia::vip);
    is.pools["new"] = std::exchange(is.pools["web"], {});
    is.pools.erase("web");
    is.vips["four"].pool = is.vips["six"].pool = "new";
    waive(is, "new");
    const auto after = inherit({{kAtFour, kDown}, {kAtSix, kUp}}, was, is);
    EXPECT_EQ(verdict(after, {{"new", kVip4}, "a"}), HealthVerdict::down);
    EXPECT_EQ(verdict(after, {{"new", kVip6}, "a"}), HealthVerdict::down) << "of several the worst";
}

TEST(Inherit, AnotherVipIsNoWayToBeUpWhereNobodyIsChecked) {
    auto was = shop(CheckVia::vip);
    was.vips.erase("six");
    auto is = shop(CheckVia::vip);
    waive(is);
    EXPECT_EQ(verdict(inherit({{kAtFour, known(HealthVerdict::none)}}, was, is), kAtSix),
              HealthVerdict::none);
    EXPECT_EQ(verdict(inherit({{kAtFour, kDown}}, was, is), kAtSix), HealthVerdict::down);
    EXPECT_EQ(verdict(inherit({{kAtFour, kUp}}, was, is), kAtSix), HealthVerdict::up);
}

// ------------------------------------------------------------------------------------ taken back

TEST(Restored, CountsBeforeAllThatIsKnownNow) {
    const auto spec = shop(CheckVia::vip);
    const auto after = inherit({{kAtFour, kDown}, {kAtSix, kDown}}, spec, spec, {{kAtFour, kUp}});
    EXPECT_EQ(verdict(after, kAtFour), HealthVerdict::up);
    EXPECT_EQ(verdict(after, kAtSix), HealthVerdict::down);
}

TEST(Restored, WhoIsNotThereIsNot) {
    const auto spec = shop(CheckVia::direct);
    EXPECT_TRUE(inherit({}, spec, spec, {{{{"web"}, "a stranger"}, kUp}}).empty());
}

TEST(AsBefore, WhoLeftAndIsBackIsAsItWas) {
    const auto was = shop(CheckVia::vip);
    auto undone = was;
    undone.pools["web"].backends.clear();
    const auto again = as_before({{kAtFour, kUp}, {kAtSix, kDown}}, was, undone, was);
    EXPECT_EQ(verdict(again, kAtFour), HealthVerdict::up);
    EXPECT_EQ(verdict(again, kAtSix), HealthVerdict::down);
}

TEST(AsBefore, WhoseCheckIsAnotherAgainIsAsItWas) {
    const auto was = shop(CheckVia::direct);
    auto undone = was;
    undone.pools["web"].check->port = 99;
    EXPECT_EQ(verdict(as_before({{kOwn, kUp}}, was, undone, was), kOwn), HealthVerdict::up);
}

TEST(AsBefore, WhoWasCheckedAllTheTimeIsAsItIsNow) {
    const auto was = shop(CheckVia::direct);
    EXPECT_TRUE(as_before({{kOwn, kUp}}, was, was, was).empty());
}

TEST(AsBefore, WhoeverHadTheNameAtAnotherAddressWasSomebodyElse) {
    const auto was = shop(CheckVia::direct);
    auto undone = was, older = was;
    undone.pools["web"].check->port = 99;
    older.pools["web"].backends["a"].address = ip("10.0.0.2");
    EXPECT_TRUE(as_before({{kOwn, kUp}}, was, undone, older).empty());
}

}  // namespace
}  // namespace lb::health
