// SPDX-License-Identifier: Apache-2.0
/// While generations follow each other as fast as they can, every packet uses the
/// slot, the entry, the tunnel and the next hop of one of them.
///
/// Each generation has a backend of its own, which differs in everything, and takes the index of
/// the last but one.  A frame that is none of the three that they make alone is a mixture.
#include <algorithm>
#include <array>
#include <atomic>
#include <set>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <linux/bpf.h>

#include "dataplane_world.hpp"
#include "support/packet.hpp"

namespace lb::test {
namespace {

constexpr std::uint64_t kGenerations = 100;

struct Identity {
    const char* address;
    ForwardMode forward;
};
constexpr std::array kIdentities{Identity{"10.0.1.2", ForwardMode::ipip},
                                 Identity{"10.0.2.2", ForwardMode::gue},
                                 Identity{"10.0.1.2", ForwardMode::l2}};

class Atomic : public DataplaneTest {
protected:
    void load() override {
        DataplaneTest::load();
        open();
        ASSERT_TRUE(plane().attach({"near"}));
        here("ip neigh replace 10.0.1.2 dev near lladdr 02:00:00:00:01:02");
        here("ip neigh replace 10.0.2.2 dev near2 lladdr 02:00:00:00:02:02");
    }
    static const Identity& of(std::uint64_t generation) {
        return kIdentities.at(generation % kIdentities.size());
    }
    static std::uint32_t index(std::uint64_t generation) {
        return static_cast<std::uint32_t>(generation % 2);
    }
    /// The backend of the one before leaves, and its index is free for the next.
    void follow(std::uint64_t generation) {
        const auto& is = of(generation);
        TestTables tables{generation};
        tables.backend(index(generation), is.address, is.forward)
            .born(static_cast<std::uint32_t>(generation))
            .vip(0, "192.0.2.10:80", 0, 5, {index(generation)});
        const auto& was = of(generation - 1);
        if (generation > 1) tables.leaves(index(generation - 1), was.address, was.forward);
        publish(tables);
        if (generation > 1) walk({index(generation - 1)});
    }
    std::uint64_t counted(const std::string& verdict) {
        for (const auto& each : plane().verdicts())
            if (each.name == verdict) return each.packets;
        ADD_FAILURE() << "no verdict " << verdict;
        return 0;
    }
};

/// INV-8, INV-9.
TEST_F(Atomic, APacketMeetsOneGeneration) {
    const auto frame = syn("203.0.113.5:40000", "192.0.2.10:80").frame();
    const auto program = program_on("near");
    std::vector<Bytes> pure(kIdentities.size());
    std::uint64_t generation = 0;
    while (generation < kIdentities.size()) {
        follow(++generation);
        ASSERT_TRUE(eventually([&] { return run(program.get(), frame).action != XDP_DROP; }));
        pure.at(generation % kIdentities.size()) = run(program.get(), frame).packet.bytes;
    }
    ASSERT_EQ(std::set<Bytes>(pure.begin(), pure.end()).size(), pure.size());
    const auto lost_before = counted("bad_ref");

    std::atomic<bool> is_over = false;
    std::array<std::uint64_t, kIdentities.size()> seen{};
    std::uint64_t mixed = 0, dropped = 0;
    std::thread packets{[&] {
        while (!is_over) {
            const auto out = run(program.get(), frame);
            const auto which = std::ranges::find(pure, out.packet.bytes);
            if (out.action == XDP_DROP)
                ++dropped;
            else if (which == pure.end())
                ++mixed;
            else
                ++seen.at(static_cast<std::size_t>(which - pure.begin()));
        }
    }};
    while (generation < kGenerations)
        follow(++generation);
    is_over = true;
    packets.join();
    std::printf("%lu, %lu, %lu packets of each, %lu dropped\n", seen[0], seen[1], seen[2], dropped);
    EXPECT_EQ(mixed, 0u);
    EXPECT_EQ(dropped, 0u);
    EXPECT_EQ(counted("bad_ref"), lost_before);
    for (const auto each : seen)
        EXPECT_GT(each, kGenerations);
}

}  // namespace
}  // namespace lb::test
