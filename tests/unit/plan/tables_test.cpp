// SPDX-License-Identifier: Apache-2.0
#include "plan/tables.hpp"

#include <set>

#include <gtest/gtest.h>

#include "unit/ip.hpp"

namespace lb::plan {
namespace {

constexpr Seed kFleetSeed{3};

using test::ip;

Vip vip_at(const char* address, int port, Protocol protocol, const char* pool) {
    Vip vip;
    vip.address = ip(address);
    vip.ports.first = vip.ports.last = static_cast<std::uint16_t>(port);
    vip.protocol = protocol;
    vip.pool = pool;
    vip.slots = 4093;
    return vip;
}

/// One vip on a pool of three backends, all UP; what is published is remembered as the layout.
struct Shop {
    Shop() {
        layout.limits = {4, 8, 100000};
        spec.vips["shop"] = vip_at("192.0.2.10", 80, Protocol::tcp, "web");
        for (int i = 1; i <= 3; ++i)
            add("web", i);
    }
    void add(const std::string& pool, int i) {
        const auto name = pool + "-" + std::to_string(i);
        spec.pools[pool].backends[name].address = ip(("10.0.0." + std::to_string(i)).c_str());
        health[{{pool}, name}].verdict = HealthVerdict::up;
    }
    Result<Tables> plan() {
        Standings standings;
        for (const auto& [name, pool] : spec.pools)
            for (const auto& front : fronts(spec, name))
                standings[front] = stand(front, pool, health, {}, {}, 1);
        Homes homes{kFleetSeed};
        return tables(spec, homes, standings, layout, {++layout.generation, now});
    }
    Tables publish() {
        const auto planned = plan();
        EXPECT_TRUE(planned) << planned.error().what;
        layout.vips.clear();
        for (const auto& vip : planned->vips)
            layout.vips[vip.key] = {vip.number, vip.base, vip.size, vip.slots, vip.moving_since};
        for (const auto& backend : planned->backends)
            layout.backends[backend.identity] = {backend.index,       backend.birth,
                                                 backend.health,      backend.state,
                                                 backend.drain_until, backend.drain_timeout};
        for (const auto& backend : planned->leaving) {
            layout.backends.at(backend.identity).state = backend.state;
            layout.backends.at(backend.identity).drain_until = backend.drain_until;
        }
        return *planned;
    }
    const BackendEntry& find(const Tables& tables, const std::string& name) {
        for (const auto& entry : tables.backends)
            if (entry.target.backend == name) return entry;
        throw std::runtime_error{name};
    }
    Spec spec;
    HealthView health;
    Layout layout;
    Nanoseconds now = 1'000'000'000;
};

TEST(Tables, EverySlotNamesABackendOfThePool) {
    Shop world;
    const auto tables = world.publish();
    std::set<std::uint32_t> named;
    for (const auto word : tables.vips.at(0).slots)
        named.insert(slot_backend(word));
    EXPECT_EQ(named, (std::set<std::uint32_t>{0, 1, 2}));
}

TEST(Tables, CarryWhatAVipSaysAboutItsPackets) {
    Shop world;
    auto& shop = world.spec.vips["shop"];
    auto tables = world.publish();
    EXPECT_EQ(tables.vips.at(0).flags, 0u);
    EXPECT_FALSE(tables.vips.at(0).echo);
    EXPECT_TRUE(tables.vips.at(0).sources.empty());
    EXPECT_FALSE(tables.drop_unmatched);

    shop.affinity = Affinity::source;
    shop.echo = true;
    world.spec.node.unmatched = Unmatched::drop;
    tables = world.publish();
    EXPECT_EQ(tables.vips.at(0).flags, unsigned{LB_VIP_AFFINITY_SOURCE});
    EXPECT_TRUE(tables.vips.at(0).echo);
    EXPECT_TRUE(tables.drop_unmatched);
    shop.affinity = Affinity::none;
    EXPECT_EQ(world.publish().vips.at(0).flags, unsigned{LB_VIP_AFFINITY_NONE});
}

TEST(Tables, AnAllowListShutsEverybodyElseOut) {
    Shop world;
    auto& shop = world.spec.vips["shop"];
    const auto net = Prefix::parse("203.0.113.0/24").value();
    const auto host = Prefix::parse("203.0.113.66/32").value();
    shop.deny = {host};
    EXPECT_EQ(world.publish().vips.at(0).sources, (SourceList{{Prefix{}, true}, {host, false}}));
    shop.allow = {net};
    EXPECT_EQ(world.publish().vips.at(0).sources,
              (SourceList{{Prefix{}, false}, {net, true}, {host, false}}));
}

TEST(Tables, WhatExistsKeepsItsPlace) {
    Shop world;
    const auto before = world.publish();
    world.add("api", 9);  // sorts before "web"
    world.spec.vips["api"] = vip_at("192.0.2.9", 80, Protocol::tcp, "api");
    const auto after = world.publish();
    EXPECT_EQ(world.find(before, "web-2").index, world.find(after, "web-2").index);
    EXPECT_EQ(world.find(before, "web-2").birth, world.find(after, "web-2").birth);
    EXPECT_EQ(after.vips.at(1).number, before.vips.at(0).number);
    EXPECT_EQ(after.vips.at(1).base, before.vips.at(0).base);
    EXPECT_EQ(after.vips.at(1).slots, before.vips.at(0).slots);
    EXPECT_NE(after.vips.at(0).number, after.vips.at(1).number);
}

TEST(Tables, AnotherAddressIsAnotherIndexBornNow) {
    Shop world;
    const auto before = world.publish();
    world.spec.pools["web"].backends["web-2"].address = ip("10.0.0.77");
    const auto after = world.publish();
    EXPECT_NE(world.find(before, "web-2").index, world.find(after, "web-2").index);
    EXPECT_EQ(world.find(after, "web-2").birth, after.generation);
}

TEST(Tables, AnotherAddressKeepsTheSlotsOfTheName) {
    Shop world;
    const auto before = world.publish();
    world.spec.pools["web"].backends["web-2"].address = ip("10.0.0.77");
    const auto after = world.publish();
    const auto was = world.find(before, "web-2").index;
    const auto is = world.find(after, "web-2").index;
    for (std::size_t i = 0; i < 4093; ++i) {
        const auto old_backend = slot_backend(before.vips[0].slots[i]);
        ASSERT_EQ(slot_backend(after.vips[0].slots[i]), old_backend == was ? is : old_backend);
    }
}

TEST(Tables, AnotherSizeTakesAnotherRange) {
    Shop world;
    const auto before = world.publish();
    world.spec.vips["shop"].slots = 16381;
    const auto after = world.publish();
    EXPECT_EQ(after.vips[0].number, before.vips[0].number);
    EXPECT_GE(after.vips[0].base, before.vips[0].base + 2 * 4093);
    EXPECT_EQ(after.vips[0].slots.size(), 16381U);
}

TEST(Tables, ADownBackendHasNoSlotAndAnOffEntry) {
    Shop world;
    world.health[{{"web"}, "web-1"}].verdict = HealthVerdict::down;
    const auto tables = world.publish();
    EXPECT_EQ(world.find(tables, "web-1").state, LB_BACKEND_OFF);
    for (const auto word : tables.vips[0].slots)
        ASSERT_NE(slot_backend(word), world.find(tables, "web-1").index);
}

TEST(Tables, SayWhatDoesNotFit) {
    Shop many_backends;
    for (int i = 4; i <= 9; ++i)
        many_backends.add("web", i);
    const auto backends = many_backends.plan();
    ASSERT_FALSE(backends);
    EXPECT_NE(backends.error().what.find("another backend: node.limits has 8"), std::string::npos);

    Shop many_slots;
    many_slots.spec.vips["shop"].slots = 65537;
    const auto slots = many_slots.plan();
    ASSERT_FALSE(slots);
    EXPECT_NE(slots.error().what.find("slots: node.limits has 100000"), std::string::npos);

    Shop many_vips;
    for (int i = 1; i <= 4; ++i)
        many_vips.spec.vips["v" + std::to_string(i)] =
            vip_at("192.0.2.11", i, Protocol::udp, "web");
    const auto vips = many_vips.plan();
    ASSERT_FALSE(vips);
    EXPECT_NE(vips.error().what.find("another vip: node.limits has 4"), std::string::npos);
}

TEST(Tables, APlaceThatTheLayoutStillNamesIsNotFree) {
    Shop world;
    world.publish();
    world.layout.vips[{ip("192.0.2.99"), {1, 1}, Protocol::tcp}] = {1, 3 * 4093, 4093, {},
                                                                    0, 0,        {}};
    world.layout.backends[42] = {3, 1, HealthVerdict::up, LB_BACKEND_OFF, 0, 0};
    world.add("web", 4);
    world.spec.vips["new"] = vip_at("192.0.2.11", 80, Protocol::tcp, "web");
    const auto tables = world.plan();
    ASSERT_TRUE(tables);
    EXPECT_EQ(world.find(*tables, "web-4").index, 4U);
    EXPECT_EQ(tables->vips[0].name, "new");
    EXPECT_EQ(tables->vips[0].number, 2U);
    EXPECT_EQ(tables->vips[0].base, 5 * 4093U);
}

TEST(Tables, SlotsMoveFromABackendThatLeaves) {
    Shop world;
    const auto before = world.publish();
    const auto gone = world.find(before, "web-2").index;
    world.spec.pools["web"].backends.erase("web-2");
    const auto after = world.publish();
    ASSERT_EQ(after.leaving.size(), 1U);
    EXPECT_EQ(after.leaving[0].index, gone);
    EXPECT_EQ(after.leaving[0].state, LB_BACKEND_DRAIN);
    EXPECT_EQ(after.leaving[0].drain_until, world.now + 300'000'000'000);
    EXPECT_EQ(after.vips[0].moving_since, world.now);
    for (std::size_t i = 0; i < 4093; ++i) {
        const auto was = slot_backend(before.vips[0].slots[i]);
        const auto word = after.vips[0].slots[i];
        ASSERT_EQ(is_moving(word), slot_backend(word) != was);
        ASSERT_TRUE(!is_moving(word) || slot_prev(word) == was);
        ASSERT_NE(slot_backend(word), gone);
    }
}

TEST(Tables, SlotsJumpFromABackendThatIsOffAndLeaves) {
    Shop world;
    world.publish();
    world.health[{{"web"}, "web-2"}].verdict = HealthVerdict::down;
    world.publish();
    world.spec.pools["web"].backends.erase("web-2");
    const auto after = world.publish();
    ASSERT_EQ(after.leaving.size(), 1U);
    EXPECT_EQ(after.leaving[0].state, LB_BACKEND_OFF);
}

TEST(Tables, ABackendThatComesBackWhileItLeavesIsTheSameOne) {
    Shop world;
    const auto before = world.publish();
    const auto spec = world.spec;
    world.spec.pools["web"].backends.erase("web-2");
    world.publish();
    world.spec = spec;
    const auto after = world.publish();
    EXPECT_TRUE(after.leaving.empty());
    EXPECT_EQ(world.find(before, "web-2").index, world.find(after, "web-2").index);
    EXPECT_EQ(world.find(before, "web-2").birth, world.find(after, "web-2").birth);
    EXPECT_EQ(world.find(after, "web-2").drain_until, 0U);
    for (const auto word : after.vips[0].slots)
        ASSERT_FALSE(holds_back(word));
}

TEST(Tables, ADrainEndsAfterItsTimeout) {
    Shop world;
    world.spec.pools["web"].backends["web-2"].state = AdminState::drain;
    world.spec.pools["web"].drain_timeout = milliseconds{10'000};
    auto tables = world.publish();
    EXPECT_EQ(world.find(tables, "web-2").state, LB_BACKEND_DRAIN);
    EXPECT_EQ(world.find(tables, "web-2").drain_until, world.now + 10'000'000'000);
    world.now += 9'999'999'999;
    tables = world.publish();
    EXPECT_EQ(world.find(tables, "web-2").state, LB_BACKEND_DRAIN);
    world.now += 1;
    tables = world.publish();
    EXPECT_EQ(world.find(tables, "web-2").state, LB_BACKEND_OFF);
}

/// INV-9.
TEST(Tables, AnIndexThatIsBeingRetiredIsNotFree) {
    Shop world;
    world.layout.retiring = {0, 2};
    const auto tables = world.publish();
    EXPECT_EQ(tables.backends[0].index, 1U);
    EXPECT_EQ(tables.backends[1].index, 3U);
}

TEST(Tables, TrackingIsAFlagOfTheVip) {
    Shop world;
    EXPECT_EQ(world.publish().vips[0].flags, 0U);
    world.spec.vips["shop"].tracking = Tracking::always;
    EXPECT_EQ(world.publish().vips[0].flags, LB_VIP_TRACK);
}

TEST(Identity, TellsPoolNameAddressAndForwardModeApart) {
    const auto base = identity({{"web"}, "a"}, ip("10.0.0.1"), ForwardMode::ipip);
    EXPECT_EQ(base, identity({{"web"}, "a"}, ip("10.0.0.1"), ForwardMode::ipip));
    EXPECT_NE(base, identity({{"api"}, "a"}, ip("10.0.0.1"), ForwardMode::ipip));
    EXPECT_NE(base, identity({{"web"}, "b"}, ip("10.0.0.1"), ForwardMode::ipip));
    EXPECT_NE(base, identity({{"web"}, "a"}, ip("10.0.0.2"), ForwardMode::ipip));
    EXPECT_NE(base, identity({{"web"}, "a"}, ip("10.0.0.1"), ForwardMode::l2));
    EXPECT_NE(base, identity({{"web"}, "a"}, ip("10.0.0.1"), ForwardMode::gue));
}

}  // namespace
}  // namespace lb::plan
