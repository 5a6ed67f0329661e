// SPDX-License-Identifier: Apache-2.0
/// Tables by hand, the packet program itself, and what it is said to do.
#include "explain/offline.hpp"

#include <gmock/gmock.h>

#include "explain/explain.hpp"

namespace lb::explain {
namespace {

using testing::ElementsAre;

constexpr Seed kSeed{1, 2, 3};
const Endpoint kClient = *Endpoint::parse("203.0.113.5:40000");

/// A vip with one slot, and three backends.
class Offline : public testing::Test {
protected:
    Offline() {
        const auto add = [this](const char* name, const char* address, ForwardMode forward) {
            BackendEntry entry;
            entry.target = {{"web"}, name};
            entry.index = static_cast<std::uint32_t>(tables.backends.size());
            entry.birth = 1;
            entry.address = *Address::parse(address);
            entry.forward = forward;
            entry.state = LB_BACKEND_READY;
            tables.backends.push_back(entry);
        };
        add("four", "10.0.1.11", ForwardMode::ipip);
        add("six", "2001:db8:2::11", ForwardMode::ipip);
        add("near", "10.0.1.12", ForwardMode::l2);
        vip.name = "shop";
        vip.key = {*Address::parse("192.0.2.10"), {80, 80}, Protocol::tcp};
        vip.number = 3;
        vip.base = 10;
        vip.size = 1;
        vip.home = {0};
    }
    Explanation explained(std::uint64_t slot) {
        vip.slots = {slot};
        tables.vips = {vip};
        return explain_offline(tables, node, kSeed, kClient, vip);
    }
    Tables tables;
    VipEntry vip;
    Node node;
};

TEST_F(Offline, NamesTheBackendAndTheOuterHeader) {
    node.source4 = Address::parse("10.0.0.1");
    const auto what = explained(stable_slot(0));
    EXPECT_EQ(what.vip, "shop");
    EXPECT_EQ(what.flow, "203.0.113.5:40000 -> 192.0.2.10:80/tcp");
    EXPECT_EQ(what.slot_state, "stable");
    EXPECT_EQ(what.slots, 1u);
    EXPECT_EQ(what.backend, "web/four");
    EXPECT_EQ(what.existing, "web/four");
    EXPECT_EQ(what.backend_state, "ready");
    EXPECT_EQ(what.forward, "ipip 10.0.0.1 -> 10.0.1.11");
    EXPECT_EQ(what.verdict, "forward_redirect");
    EXPECT_THAT(what.why, ElementsAre("slot 0 belongs to web/four, which is eligible"));
}

TEST_F(Offline, DoesNotInventAnOuterSource) {
    EXPECT_EQ(explained(stable_slot(0)).forward, "ipip -> 10.0.1.11");
    EXPECT_EQ(explained(stable_slot(1)).forward, "ipip -> 2001:db8:2::11");
    EXPECT_EQ(explained(stable_slot(2)).forward, "l2 10.0.1.12");
}

TEST_F(Offline, SaysWhyItIsNotTheHomeBackend) {
    tables.backends[0].state = LB_BACKEND_OFF;
    const auto what = explained(stable_slot(1));
    EXPECT_EQ(what.home, "web/four");
    EXPECT_EQ(what.backend, "web/six");
    EXPECT_THAT(what.why, ElementsAre("slot 0 belongs to web/four, which is not eligible",
                                      "web/six suits the slot best among the eligible ones"));
}

TEST_F(Offline, SaysThatThePacketIsDropped) {
    const auto nobody = explained(stable_slot(LB_SLOT_NONE));
    EXPECT_EQ(nobody.backend, "");
    EXPECT_EQ(nobody.verdict, "no_backend");
    EXPECT_THAT(nobody.why, ElementsAre("no backend of the pool is eligible"));
    tables.backends[0].state = LB_BACKEND_OFF;
    EXPECT_EQ(explained(stable_slot(0)).verdict, "backend_off");
}

TEST_F(Offline, SaysWhoKeepsWhatBeganBefore) {
    Explanation moving;
    moving.slots = 7;
    moving.home = moving.backend = "web/new";
    moving.existing = "web/old";
    add_reasons(moving);
    EXPECT_THAT(moving.why,
                ElementsAre("slot 0 belongs to web/new, which is eligible",
                            "slot 0 moves: connections that began before stay with web/old"));
}

}  // namespace
}  // namespace lb::explain
