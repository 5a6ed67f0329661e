// SPDX-License-Identifier: Apache-2.0
#include "change/recent.hpp"

#include <cstdlib>
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "change/pipeline.hpp"

namespace lb::change {
namespace {

using testing::ElementsAre;

GenerationMeta made(std::uint64_t number, GenerationState state = GenerationState::confirmed) {
    GenerationMeta meta{number, {}, 0, "why", "abc"};
    meta.state = state;
    return meta;
}

std::vector<std::uint64_t> numbers(const Recent& recent) {
    std::vector<std::uint64_t> found;
    for (const auto& meta : recent.history())
        found.push_back(meta.number);
    return found;
}

/// "" where the disk has to be asked.
std::string text_of(const Recent& recent, std::uint64_t number) {
    const auto* known = recent.find(number);
    return known && known->config ? *known->config : "";
}

TEST(Recent, KnowsTheNewestFirstAndWhatBecameOfThem) {
    Recent recent{50};
    EXPECT_THAT(numbers(recent), ElementsAre());
    EXPECT_EQ(recent.find(1), nullptr);
    recent.add(made(1), "one");
    recent.add(made(2, GenerationState::verifying), "two");
    recent.set_state(2, GenerationState::rolled_back, "R2 it fell");
    recent.set_state(9, GenerationState::rolled_back, "nobody knows it");
    EXPECT_THAT(numbers(recent), ElementsAre(2, 1));
    EXPECT_EQ(recent.history()[0].state, GenerationState::rolled_back);
    EXPECT_EQ(recent.find(2)->meta.why, "R2 it fell");
    EXPECT_EQ(text_of(recent, 1), "one");
}

TEST(Recent, ForgetsTheOldestButNotTheLastThatWasConfirmed) {
    Recent recent{3};
    for (std::uint64_t number = 1; number <= 6; ++number)
        recent.add(
            made(number, number == 2 ? GenerationState::confirmed : GenerationState::rolled_back),
            "text");
    EXPECT_THAT(numbers(recent), ElementsAre(6, 5, 4, 2));
}

TEST(Recent, HasNoMoreTextThanThereIsRoomFor) {
    Recent recent{50, 10};
    auto first = made(1);
    first.in_effect = {{"LB701", "web", 1, {}, 0, {}, {}, "1234"}};
    recent.add(first, "123456");
    EXPECT_EQ(text_of(recent, 1), "123456");
    EXPECT_EQ(recent.find(1)->meta.in_effect.size(), 1u);
    recent.add(made(2), "x");
    EXPECT_EQ(text_of(recent, 1), "") << "with what was let pass, which is text as well";
    EXPECT_TRUE(recent.find(1)->meta.in_effect.empty());
    EXPECT_THAT(numbers(recent), ElementsAre(2, 1)) << "it is known still";
    recent.add(made(3), "123456789");
    EXPECT_EQ(text_of(recent, 2), "x");
    recent.add(made(4), "larger than all");
    EXPECT_EQ(text_of(recent, 4) + text_of(recent, 3), "");
}

/// INV-13: there may be no memory for another text.
TEST(Recent, HasATextOnce) {
    Recent recent{50};
    recent.add(made(1), "one");
    recent.add(made(2), "two");
    recent.add(made(3), "one");
    EXPECT_EQ(recent.find(3)->config, recent.find(1)->config);
    EXPECT_NE(recent.find(3)->config, recent.find(2)->config);
}

TEST(Recent, TakesOverWhatTheStoreHas) {
    std::string folder = std::filesystem::temp_directory_path() / "lbd-recent-XXXXXX";
    ASSERT_NE(mkdtemp(folder.data()), nullptr);
    {
        const auto store = *Store::open(folder);
        for (std::uint64_t number = 1;
             const std::string text : {"long ago, and long", "two", "three"}) {
            auto its = made(number++);
            its.config_hash = hash_of(text);
            ASSERT_TRUE(store.save(its, text));
        }
        Recent recent{50, 10};
        recent.take_over(store);
        EXPECT_THAT(numbers(recent), ElementsAre(3, 2, 1));
        EXPECT_EQ(text_of(recent, 3), "three");
        EXPECT_EQ(text_of(recent, 2), "two");
        EXPECT_EQ(text_of(recent, 1), "") << "there is no room for it";
    }
    std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace lb::change
