// SPDX-License-Identifier: Apache-2.0
/// What explain says is what the program does, packet by packet.
#include <algorithm>
#include <cstring>
#include <random>
#include <set>

#include <gmock/gmock.h>

#include "dataplane_world.hpp"
#include "support/packet.hpp"

namespace lb::test {
namespace {

class Explaining : public DataplaneTest {
protected:
    void load() override {
        DataplaneTest::load();
        open();
        publish(TestTables{1}
                    .backend(0, "10.0.1.2")
                    .backend(1, "10.0.2.2")
                    .backend(2, "10.0.1.77")
                    .backend(3, "10.0.1.2", ForwardMode::l2)
                    .backend(4, "10.0.2.3", ForwardMode::ipip, LB_BACKEND_OFF)
                    .backend(5, "2001:db8:1::2")
                    .vip(0, "192.0.2.10:80", 0, 13, {0, 1, 2, 3, 4, 5, LB_SLOT_NONE})
                    .vip(1, "192.0.2.11:80", 26, 7, {0}));
        ASSERT_TRUE(has_next_hop(0, "02:00:00:00:01:02 via near"));
        ASSERT_TRUE(has_next_hop(1, "02:00:00:00:02:02 via near2"));
        ASSERT_TRUE(has_next_hop(5, "02:00:00:00:01:02 via near"));
        ASSERT_TRUE(plane().attach({"near"}));
        program_ = program_on("near");
    }

    struct Done {
        std::string verdict;
        Frame packet;
    };
    /// What the program does with the packet, and which verdict it counts.  The kernel's own
    /// packets come to it meanwhile, too (a router is solicited where a link is new): they are
    /// nobody's.
    Done receive(const Packet& packet) {
        const auto before = plane().verdicts();
        const auto out = run(program_.get(), packet.frame()).packet;
        const auto after = plane().verdicts();
        std::set<std::string> counted;
        for (std::size_t i = 0; i < after.size(); ++i)
            if (after[i].packets != before[i].packets) counted.insert(after[i].name);
        if (counted.size() > 1) counted.erase("pass_not_ours");
        return {counted.size() == 1 ? *counted.begin() : "one of several", out};
    }
    Explanation explained(const std::string& source, const std::string& destination) {
        return plane().explain(endpoint(source), tcp(destination), [](std::uint32_t index) {
            return index == LB_SLOT_NONE ? "" : "index " + std::to_string(index);
        });
    }

    Fd program_;
};

/// A test run comes in through lo, so whatever leaves counts as redirected.
std::string as_counted(const std::string& verdict) {
    return verdict == "forward" ? "forward_redirect" : verdict;
}

/// What leaves for a backend of load(), but for our own MAC address, which the kernel chose.
Packet expected(const Packet& in, const std::string& backend) {
    constexpr Mac kFar{2, 0, 0, 0, 1, 2}, kFar2{2, 0, 0, 0, 2, 2};
    if (backend == "index 0")
        return in.aged().inside_ipip(address("10.0.1.1"), address("10.0.1.2")).between({}, kFar);
    if (backend == "index 1")
        return in.aged().inside_ipip(address("10.0.2.1"), address("10.0.2.2")).between({}, kFar2);
    if (backend == "index 3") return in.aged().between({}, kFar);
    return in;
}

TEST_F(Explaining, SaysWhatTheProgramDoes) {
    const auto seed = std::random_device{}();
    std::mt19937 random{seed};
    std::set<std::string> seen;
    for (int i = 0; i < 500; ++i) {
        const auto source = "203.0.113." + std::to_string(random() % 254 + 1) + ":" +
                            std::to_string(random() % 60000 + 1024);
        const auto what = explained(source, "192.0.2.10:80");
        const auto in = syn(source, "192.0.2.10:80");
        auto done = receive(in);
        ASSERT_EQ(as_counted(what.verdict), done.verdict) << source << ", seed " << seed;
        seen.insert(what.backend + " " + what.verdict);

        if (what.backend == "index 5") continue;  // its flow label: forwarding_test.cpp
        if (done.packet != in.frame())
            std::fill_n(done.packet.bytes.begin() + 6, 6, std::uint8_t{0});
        EXPECT_EQ(done.packet, expected(in, what.backend).frame()) << what.backend;
    }
    EXPECT_THAT(seen, testing::UnorderedElementsAre("index 0 forward", "index 1 forward_redirect",
                                                    "index 2 no_neighbour", "index 3 forward",
                                                    "index 4 backend_off", "index 5 forward",
                                                    " no_backend"));
}

TEST_F(Explaining, ShowsTheWholeWay) {
    const auto what = explained("203.0.113.5:40000", "192.0.2.11:80");
    EXPECT_EQ(what.backend, "index 0");
    EXPECT_EQ(what.backend_state, "ready");
    EXPECT_EQ(what.slots, 7u);
    EXPECT_EQ(what.slot_state, "stable");
    EXPECT_EQ(what.forward, "ipip 10.0.1.1 -> 10.0.1.2");
    EXPECT_EQ(what.next_hop, "02:00:00:00:01:02 via near");
    EXPECT_EQ(what.verdict, "forward");
    EXPECT_EQ(what.existing, "index 0");
    EXPECT_EQ(what.flow, "203.0.113.5:40000 -> 192.0.2.11:80/tcp");
    EXPECT_EQ(what.flow_entry, "") << "a stable slot looks for none";
    EXPECT_EQ(what.position, what.hash >> 32 ? ((what.hash >> 32) * 7) >> 32 : 0);
}

TEST_F(Explaining, SaysThatASlotMovesAndFromWhere) {
    const auto at = explained("203.0.113.5:40000", "192.0.2.11:80").position;
    constexpr auto kMoving = std::uint64_t{LB_SLOT_MOVING} << LB_SLOT_STATE_SHIFT;
    plane().steer(tcp("192.0.2.11:80"), {{at, 1 | 5ull << LB_SLOT_PREV_SHIFT | kMoving}}, 0);
    const auto what = explained("203.0.113.5:40000", "192.0.2.11:80");
    EXPECT_EQ(what.slot_state, "moving");
    EXPECT_EQ(what.previous, "index 5");
    EXPECT_EQ(what.backend, "index 1");
}

TEST_F(Explaining, SaysWhatIsNotOurs) {
    EXPECT_EQ(explained("203.0.113.5:40000", "192.0.2.10:81").verdict, "pass_unmatched");
    EXPECT_EQ(receive(syn("203.0.113.5:40000", "192.0.2.10:81")).verdict, "pass_unmatched");
    EXPECT_EQ(explained("203.0.113.5:40000", "192.0.2.12:80").verdict, "pass_not_ours");
    EXPECT_EQ(receive(syn("203.0.113.5:40000", "192.0.2.12:80")).verdict, "pass_not_ours");
}

TEST_F(Explaining, ChangesNoCounter) {
    const auto total = [&] {
        std::uint64_t packets = 0;
        for (const auto& verdict : plane().verdicts())
            packets += verdict.packets;
        return packets;
    };
    const auto before = total();
    (void)explained("203.0.113.5:40000", "192.0.2.10:80");
    EXPECT_EQ(total(), before);
}

}  // namespace
}  // namespace lb::test
