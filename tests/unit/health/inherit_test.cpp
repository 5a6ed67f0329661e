// SPDX-License-Identifier: Apache-2.0
#include "health/inherit.hpp"

#include <gtest/gtest.h>

namespace lb::health {
namespace {

Address ip(const char* text) {
    return *Address::parse(text);
}

const Address kFour = ip("192.0.2.10");
const Address kSix = ip("2001:db8::10");

/// A pool "web" with one backend, behind two vips.
Spec shop(CheckVia via) {
    Spec spec;
    auto& pool = spec.pools["web"];
    pool.check.emplace().via = via;
    pool.backends["a"].address = ip("10.0.0.1");
    for (const auto& [name, address] : {std::pair{"four", kFour}, {"six", kSix}}) {
        spec.vips[name].pool = "web";
        spec.vips[name].address = address;
        spec.vips[name].ports = {80, 80};
    }
    return spec;
}

const Target kOwn{{"web"}, "a"};
const Target kAtFour{{"web", kFour}, "a"};
const Target kAtSix{{"web", kSix}, "a"};

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

TEST(Inherit, ANewNameHealsNobody) {
    const auto was = shop(CheckVia::vip);
    auto is = was;
    is.pools["shop"] = is.pools["web"];
    is.pools.erase("web");
    for (auto& [name, vip] : is.vips)
        vip.pool = "shop";
    const auto after = inherit({{kAtFour, kUp}, {kAtSix, kDown}}, was, is);
    EXPECT_EQ(verdict(after, {{"shop", kFour}, "a"}), HealthVerdict::none);
    EXPECT_EQ(verdict(after, {{"shop", kSix}, "a"}), HealthVerdict::down);
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

}  // namespace
}  // namespace lb::health
