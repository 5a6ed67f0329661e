// SPDX-License-Identifier: Apache-2.0
/// Who is tried before a configuration counts: exactly those to whom an attempt is another, or who
/// are new.
#include "health/preflight.hpp"

#include <functional>

#include <gtest/gtest.h>

#include "unit/ip.hpp"

namespace lb::health {
namespace {

using test::ip;

const Address kShopVip = ip("192.0.2.10");

Pool pool_of(std::initializer_list<const char*> addresses) {
    Pool pool;
    pool.check.emplace();
    char name = 'a';
    for (const auto* address : addresses)
        pool.backends[std::string(1, name++)].address = ip(address);
    return pool;
}

/// Pools "web" and "api" with two backends each, behind a vip each.
Spec shop() {
    Spec spec;
    spec.pools["web"] = pool_of({"10.0.0.1", "10.0.0.2"});
    spec.pools["api"] = pool_of({"10.0.1.1", "10.0.1.2"});
    for (const auto* name : {"web", "api"}) {
        auto& vip = spec.vips[name];
        vip.pool = name;
        vip.address = kShopVip;
        vip.ports = std::string{name} == "web" ? PortRange{80, 80} : PortRange{81, 81};
    }
    return spec;
}

/// "web/a web/b"; and every vip of a pool that is tried is there.
std::string tried(const Spec& before, const Spec& after) {
    const auto spec = to_be_tried(before, after);
    std::string names;
    for (const auto& [name, pool] : spec.pools) {
        EXPECT_EQ(pool.check, after.pools.at(name).check);
        for (const auto& [backend, its] : pool.backends)
            names += (names.empty() ? "" : " ") + name + "/" + backend;
    }
    for (const auto& [name, vip] : after.vips)
        EXPECT_EQ(spec.vips.contains(name), spec.pools.contains(vip.pool)) << name;
    EXPECT_EQ(targets_to_be_tried(before, after), targets(spec));
    return names;
}

std::string tried_if(const std::function<void(Spec&)>& change) {
    auto after = shop();
    change(after);
    return tried(shop(), after);
}

TEST(ToBeTried, NobodyWhereNothingChanges) {
    EXPECT_EQ(tried(shop(), shop()), "");
}

TEST(ToBeTried, NobodyForHowOftenAndHowMany) {
    EXPECT_EQ(tried_if([](Spec& spec) {
                  auto& web = spec.pools["web"];
                  web.check->interval *= 2;
                  web.check->fall += 1;
                  web.backends["a"].weight = 1;
                  web.where.line = 7;
              }),
              "");
}

TEST(ToBeTried, AllForAnotherQuestionOrTimeout) {
    EXPECT_EQ(tried_if([](Spec& spec) { spec.pools["web"].check->type = CheckType::http; }),
              "web/a web/b");
    EXPECT_EQ(tried_if([](Spec& spec) { spec.pools["web"].check->timeout /= 2; }), "web/a web/b");
    EXPECT_EQ(tried_if([](Spec& spec) { spec.pools["web"].check->port = 8080; }), "web/a web/b");
    EXPECT_EQ(tried_if([](Spec& spec) { spec.pools["web"].check->interface = "eth1"; }),
              "web/a web/b");
    EXPECT_EQ(tried_if([](Spec& spec) { spec.pools["web"].check->source = ip("10.0.9.9"); }),
              "web/a web/b");
}

TEST(ToBeTried, AllForAnotherWay) {
    EXPECT_EQ(tried_if([](Spec& spec) { spec.pools["web"].check->via = CheckVia::direct; }),
              "web/a web/b");
    EXPECT_EQ(tried_if([](Spec& spec) { spec.pools["web"].forward = ForwardMode::gue; }),
              "web/a web/b");
    EXPECT_EQ(tried_if([](Spec& spec) { spec.vips["web"].address = ip("192.0.2.11"); }),
              "web/a web/b");
    EXPECT_EQ(tried_if([](Spec& spec) {
                  spec.vips["web"].ports = PortRange{82, 82};
              }),
              "web/a web/b");
}

TEST(ToBeTried, ForwardModeIsNoneOfADirectCheck) {
    auto before = shop();
    before.pools["web"].check->via = CheckVia::direct;
    auto after = before;
    after.pools["web"].forward = ForwardMode::gue;
    EXPECT_EQ(tried(before, after), "");
}

TEST(ToBeTried, WhoIsNewOrMoved) {
    EXPECT_EQ(tried_if([](Spec& spec) {
                  spec.pools["web"].backends["c"].address = ip("10.0.0.3");
                  spec.pools["api"].backends["b"].address = ip("10.0.1.9");
              }),
              "api/b web/c");
    EXPECT_EQ(tried_if([](Spec& spec) { spec.pools["dns"] = pool_of({"10.0.2.1"}); }), "")
        << "no vip and no port: nothing can be asked";
    EXPECT_EQ(tried_if([](Spec& spec) {
                  spec.pools["dns"] = pool_of({"10.0.2.1"});
                  spec.pools["dns"].check->port = 53;
              }),
              "dns/a");
}

TEST(ToBeTried, NobodyWhoseCheckGoes) {
    EXPECT_EQ(tried_if([](Spec& spec) { spec.pools["web"].check.reset(); }), "");
    EXPECT_EQ(tried_if([](Spec& spec) { spec.pools["web"].check->type = CheckType::none; }), "");
    EXPECT_EQ(tried_if([](Spec& spec) { spec.pools.erase("web"), spec.vips.erase("web"); }), "");
}

TEST(ToBeTried, AllWhoseCheckComes) {
    auto before = shop();
    before.pools["web"].check->type = CheckType::none;
    EXPECT_EQ(tried(before, shop()), "web/a web/b");
}

TEST(ToBeTried, AllForOneMoreVip) {
    EXPECT_EQ(tried_if([](Spec& spec) {
                  spec.vips["more"] = spec.vips["web"];
                  spec.vips["more"].address = ip("192.0.2.11");
              }),
              "web/a web/b");
}

}  // namespace
}  // namespace lb::health
