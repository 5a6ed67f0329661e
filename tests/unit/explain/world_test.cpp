// SPDX-License-Identifier: Apache-2.0
/// The packet program, native and under ASan, in a world made by hand.
#include "explain/world.hpp"

#include <cerrno>

#include <gtest/gtest.h>
#include <linux/bpf.h>

#include "explain/explain.hpp"
#include "explain/frame.hpp"

namespace lb::explain {
namespace {

const Endpoint kAsker = *Endpoint::parse("203.0.113.5:40000");

VipKey vip(const std::string& endpoint, Protocol protocol = Protocol::tcp) {
    const auto at = *Endpoint::parse(endpoint);
    return {at.address, {at.port, at.port}, protocol};
}

constexpr lb_map kHash{"things", BPF_MAP_TYPE_HASH, 2, 4, 8};
constexpr lb_map kArray{"rows", BPF_MAP_TYPE_ARRAY, 2, 4, 8};
constexpr lb_map kPerCpu{"counts", BPF_MAP_TYPE_PERCPU_ARRAY, 2, 4, 8};
constexpr lb_map kTrie{"prefixes", BPF_MAP_TYPE_LPM_TRIE, 8, 8, 8};

struct Prefix {
    std::uint32_t bits;
    std::uint8_t address[4];
};

/// The helpers as the program calls them.
class Maps : public testing::Test {
protected:
    template <class Key>
    std::uint64_t* look_up(const lb_map& map, Key key) {
        auto* callbacks = world.callbacks();
        return static_cast<std::uint64_t*>(callbacks->lookup(callbacks, &map, &key));
    }
    long update(const lb_map& map, std::uint32_t key, std::uint64_t value,
                std::uint64_t flags = 0) {
        auto* callbacks = world.callbacks();
        return callbacks->update(callbacks, &map, &key, &value, flags);
    }
    long erase(const lb_map& map, std::uint32_t key) {
        auto* callbacks = world.callbacks();
        return callbacks->erase(callbacks, &map, &key);
    }
    World world;
};

TEST_F(Maps, HashesHoldWhatWasPutAndNoMoreThanFits) {
    EXPECT_EQ(look_up(kHash, 1u), nullptr);
    EXPECT_EQ(update(kHash, 1, 11, BPF_EXIST), -ENOENT);
    EXPECT_EQ(update(kHash, 1, 11, BPF_NOEXIST), 0);
    EXPECT_EQ(update(kHash, 1, 12, BPF_NOEXIST), -EEXIST);
    EXPECT_EQ(*look_up(kHash, 1u), 11u);
    EXPECT_EQ(update(kHash, 2, 22), 0);
    EXPECT_EQ(update(kHash, 3, 33), -E2BIG);
    EXPECT_EQ(update(kHash, 2, 23), 0);
    EXPECT_EQ(erase(kHash, 1), 0);
    EXPECT_EQ(erase(kHash, 1), -ENOENT);
    EXPECT_EQ(update(kHash, 3, 33), 0);
}

TEST_F(Maps, ArraysAreZeroAndEndWhereTheyEnd) {
    EXPECT_EQ(*look_up(kArray, 1u), 0u);
    EXPECT_EQ(look_up(kArray, 2u), nullptr);
    world.resize("rows", 3);
    EXPECT_NE(look_up(kArray, 2u), nullptr);
    EXPECT_EQ(update(kArray, 3, 1), -E2BIG);
    EXPECT_EQ(erase(kArray, 1), -EINVAL);
}

TEST_F(Maps, TriesAnswerWithTheLongestPrefix) {
    world.put("prefixes", Prefix{0, {}}, std::uint64_t{1});
    world.put("prefixes", Prefix{8, {10}}, std::uint64_t{2});
    world.put("prefixes", Prefix{12, {10, 16}}, std::uint64_t{3});
    EXPECT_EQ(*look_up(kTrie, Prefix{32, {192, 0, 2, 1}}), 1u);
    EXPECT_EQ(*look_up(kTrie, Prefix{32, {10, 32, 0, 1}}), 2u);
    EXPECT_EQ(*look_up(kTrie, Prefix{32, {10, 31, 0, 1}}), 3u);
    EXPECT_EQ(*look_up(kTrie, Prefix{8, {10, 31}}), 2u);
}

TEST(Source, IsReadOnceAndNeverWritten) {
    std::uint64_t kernel = 7;
    int asked = 0;
    World world{[&](const lb_map&, const void*, void* value) {
        ++asked;
        std::memcpy(value, &kernel, sizeof(kernel));
        return true;
    }};
    const std::uint32_t key = 1;
    auto* callbacks = world.callbacks();
    for (const auto* map : {&kArray, &kHash}) {
        auto* value = static_cast<std::uint64_t*>(callbacks->lookup(callbacks, map, &key));
        EXPECT_EQ((*value)++, 7u);
        EXPECT_EQ(callbacks->lookup(callbacks, map, &key), value);
    }
    EXPECT_EQ(kernel, 7u);
    EXPECT_EQ(asked, 2);
    EXPECT_EQ(*static_cast<std::uint64_t*>(callbacks->lookup(callbacks, &kPerCpu, &key)), 0u);
    EXPECT_EQ(asked, 2) << "counters and budgets begin with 0";
}

// ------------------------------------------------------------------------------------ the program

class Program : public testing::TestWithParam<VipKey> {
protected:
    World world;
};

TEST_P(Program, PassesWhatIsNotOursAsItCame) {
    const auto client = GetParam().address.is_v4() ? kAsker : *Endpoint::parse("[2001:db8::5]:1");
    for (const auto moment : {Moment::beginning, Moment::middle}) {
        Frame frame{client, GetParam(), moment};
        auto raw = frame.arriving(1);
        const Bytes before(raw.start, raw.end);
        const auto found = world.run(raw);
        EXPECT_EQ(found.action, XDP_PASS);
        EXPECT_EQ(found.verdict, LB_PASS_NOT_OURS);
        EXPECT_EQ(found.vip, LB_VIP_NONE);
        EXPECT_EQ(found.backend, LB_SLOT_NONE);
        EXPECT_EQ(Bytes(raw.start, raw.end), before);
    }
    EXPECT_FALSE(world.looks().empty());
}

INSTANTIATE_TEST_SUITE_P(Frames, Program,
                         testing::Values(vip("192.0.2.10:80"), vip("192.0.2.10:53", Protocol::udp),
                                         vip("[2001:db8:1::10]:80"),
                                         vip("[2001:db8:1::10]:53", Protocol::udp)));

}  // namespace
}  // namespace lb::explain
