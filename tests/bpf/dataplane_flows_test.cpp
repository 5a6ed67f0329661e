// SPDX-License-Identifier: Apache-2.0
/// The walk over the flow table: what stays, what goes, and what it says about slots and backends.
#include <cstring>
#include <ctime>
#include <thread>

#include <bpf/bpf.h>
#include <gtest/gtest.h>

#include "dataplane/loader.hpp"
#include "dataplane_world.hpp"
#include "plan/flows.hpp"

namespace lb::test {
namespace {

constexpr std::uint32_t kBirth = 1;

/// A vip of five slots, all moving from backend 0 to backend 1.
class Walking : public DataplaneTest {
protected:
    void load() override {
        DataplaneTest::load();
        open();
        publish(TestTables{1}
                    .backend(0, "10.0.1.2")
                    .backend(1, "10.0.1.3")
                    .vip(0, "192.0.2.10:80", 0, 5, {0}));
        move_to(moving_slot(1, 0));
    }
    void move_to(std::uint64_t word) {
        plane().steer(tcp("192.0.2.10:80"), {{0, word}, {1, word}, {2, word}, {3, word}, {4, word}},
                      1);
    }
    static lb_flow flow(std::uint32_t number) {
        auto flow = flow_of("203.0.113.5:1", "192.0.2.10:80");
        std::memcpy(flow.source + 12, &number, sizeof(number));
        return flow;
    }
    /// As the packet program would have stored it.
    void remember(std::uint32_t number, std::uint32_t backend, std::uint32_t idle_seconds = 0,
                  std::uint32_t birth = kBirth, std::uint8_t vip = 0,
                  lb_flow_kind kind = LB_FLOW_ESTABLISHED) {
        auto key = flow(number);
        const auto keys = hash_keys(kTestSeed);
        const auto tag = lb_hash(&key, &keys) >> 48;
        timespec now{};
        clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
        lb_flow_entry entry{};
        entry.word = backend | std::uint64_t{birth} << LB_FLOW_BIRTH_SHIFT |
                     tag << LB_FLOW_TAG_SHIFT | std::uint64_t{kind} << LB_FLOW_KIND_SHIFT;
        entry.seen = static_cast<std::uint32_t>(now.tv_sec) - idle_seconds;
        entry.slot = number % 5;
        key.vip[0] = vip;
        ASSERT_EQ(bpf_map_update_elem(pinned_map("flows").get(), &key, &entry, BPF_ANY), 0);
    }
    bool is_remembered(std::uint32_t number) {
        const auto key = flow(number);
        lb_flow_entry entry{};
        return bpf_map_lookup_elem(pinned_map("flows").get(), &key, &entry) == 0;
    }
};

TEST_F(Walking, CountsEveryEntryOnceHoweverManyThereAre) {
    for (std::uint32_t i = 0; i < 10'000; ++i)
        remember(i, i % 2);
    const auto report = walk();
    EXPECT_EQ(report.entries, 10'000u);
    EXPECT_EQ(report.capacity, 16384u);
    EXPECT_EQ(report.removed, 0u);
    EXPECT_EQ(report.by_kind[LB_FLOW_ESTABLISHED], 10'000u);
    EXPECT_EQ(report.by_backend.at(0), 5'000u);
    EXPECT_EQ(report.by_backend.at(1), 5'000u);
    EXPECT_EQ(report.foreign, (std::set<std::uint32_t>{0, 1, 2, 3, 4}));
}

TEST_F(Walking, NamesTheSlotsThatMayNotRest) {
    remember(3, 0);
    remember(4, 1);
    EXPECT_EQ(walk().foreign, (std::set<std::uint32_t>{3}));
}

TEST_F(Walking, RemovesWhatNobodyNeeds) {
    while (Loop::now().time_since_epoch() < std::chrono::seconds{70})  // just booted, as in a VM
        std::this_thread::sleep_for(std::chrono::seconds{1});
    for (std::uint32_t i = 0; i < 9'000; ++i)
        remember(i, 0, i % 2 == 0 ? 61 : 0, kBirth, 0, LB_FLOW_CLOSING);
    const auto report = walk();
    EXPECT_EQ(report.removed, 4'500u);
    EXPECT_EQ(report.entries, 4'500u);
    EXPECT_FALSE(is_remembered(0));
    EXPECT_TRUE(is_remembered(1));
}

/// A client takes its port again while lbd is about to forget the connection before.
TEST_F(Walking, KeepsWhatIsUsedBetweenBeingReadAndBeingRemoved) {
    while (Loop::now().time_since_epoch() < std::chrono::seconds{70})
        std::this_thread::sleep_for(std::chrono::seconds{1});
    for (std::uint32_t i = 0; i < 100; ++i)
        remember(i, i % 2, 61, kBirth, 0, LB_FLOW_CLOSING);
    const auto report = walk({}, [&](const FlowSighting& seen) {
        for (std::uint32_t i = 0; i < 10; ++i)
            remember(i, i % 2);
        return plan::judge(seen);
    });
    EXPECT_EQ(report.removed, 90u);
    EXPECT_EQ(report.entries, 10u);
    EXPECT_EQ(report.by_kind[LB_FLOW_ESTABLISHED], 10u);
    EXPECT_EQ(report.foreign, (std::set<std::uint32_t>{0, 1, 2, 3, 4}));
    for (std::uint32_t i = 0; i < 100; ++i)
        EXPECT_EQ(is_remembered(i), i < 10) << i;
}

TEST_F(Walking, RemovesAllEntriesOfSlotsAtRest) {
    for (std::uint32_t i = 0; i < 100; ++i)
        remember(i, 0);
    move_to(stable_slot(1));
    EXPECT_EQ(walk().removed, 100u);
    EXPECT_FALSE(is_remembered(7));
}

TEST_F(Walking, RemovesEntriesOfAnotherOwnerOfTheIndex) {
    remember(1, 0, 0, kBirth + 1);
    EXPECT_EQ(walk().removed, 1u);
}

TEST_F(Walking, RemovesEntriesWhoseTagIsNotTheirs) {
    remember(1, 0);
    const auto key = flow(1);
    lb_flow_entry entry{};
    ASSERT_EQ(bpf_map_lookup_elem(pinned_map("flows").get(), &key, &entry), 0);
    entry.word ^= 1ull << LB_FLOW_TAG_SHIFT;
    ASSERT_EQ(bpf_map_update_elem(pinned_map("flows").get(), &key, &entry, BPF_ANY), 0);
    EXPECT_EQ(walk().removed, 1u);
}

TEST_F(Walking, KeepsFlowsWithoutPortsWhoseKeyNamesTheirVip) {
    remember(1, 0, 0, kBirth, 1);
    const auto report = walk();
    EXPECT_EQ(report.entries, 1u);
    EXPECT_EQ(report.removed, 0u);
}

/// INV-9.
TEST_F(Walking, TakesTheFlowsOfABackendThatIsRetired) {
    remember(1, 0);
    remember(2, 1);
    publish(TestTables{2}
                .backend(1, "10.0.1.3")
                .leaves(0, "10.0.1.2")
                .vip(0, "192.0.2.10:80", 0, 5, {1}));
    move_to(moving_slot(1, 1));
    EXPECT_EQ(walk().by_backend.count(0), 1u);
    const auto report = walk({0});
    EXPECT_EQ(report.by_backend.count(0), 0u);
    EXPECT_FALSE(is_remembered(1));
    EXPECT_EQ(plane().layout().backends.size(), 1u);
}

TEST_F(Walking, GoesOnAfterARestart) {
    remember(3, 0);
    open();
    EXPECT_EQ(walk().foreign, (std::set<std::uint32_t>{3}));
    EXPECT_EQ(plane().layout().vips.at(tcp("192.0.2.10:80")).moving_since, 1u);
}

}  // namespace
}  // namespace lb::test
