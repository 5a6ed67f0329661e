// SPDX-License-Identifier: Apache-2.0
#include "config/diff.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/fields.hpp"
#include "config/print.hpp"
#include "unit/config/documents.hpp"

namespace lb::config {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using Texts = std::vector<std::string>;

Spec spec_of(const test::Leaves& leaves) {
    return test::reading(test::document(leaves)).spec;
}

/// plain() against plain() with these leaves changed; blank: taken away.
Texts changes(const test::Leaves& with) {
    auto leaves = test::plain();
    for (const auto& [path, value] : with) {
        if (value.empty())
            std::erase_if(leaves, [&prefix = path](const auto& leaf) {
                return leaf.first.starts_with(prefix);
            });
        else
            leaves[path] = value;
    }
    Texts texts;
    for (const auto& difference : diff(spec_of(test::plain()), spec_of(leaves)))
        texts.push_back(text(difference));
    return texts;
}

TEST(Diff, SaysNothingAboutEqualSpecs) {
    EXPECT_THAT(changes({}), IsEmpty());
    EXPECT_THAT(diff({}, {}), IsEmpty());
}

TEST(Diff, SaysWhatAKeyWasAndIs) {
    EXPECT_THAT(changes({{"pools.web.health_check.interval", "3s"}}),
                ElementsAre("pool \"web\": check interval 2s -> 3s"));
    EXPECT_THAT(changes({{"node.limits.vips", "77"}}), ElementsAre("node: limits vips 512 -> 77"));
}

TEST(Diff, SeesThatASeedDiffersAndShowsNone) {
    auto one = test::plain(), other = test::plain();
    one["node.seed"] = "\"000102030405060708090a0b0c0d0e0f\"";
    other["node.seed"] = "\"000102030405060708090a0b0c0d0e10\"";
    EXPECT_EQ(diff(spec_of(one), spec_of(other)),
              (std::vector<Difference>{{"node", "seed differs"}}));
}

TEST(Diff, SeesThatWhatIsSentDiffersAndShowsNone) {
    const auto sending = [](const std::string& type, const std::string& words) {
        auto leaves = test::plain();
        std::erase_if(leaves, [](const auto& leaf) {
            return leaf.first.starts_with("pools.web.health_check.");
        });
        leaves["pools.web.health_check.type"] = type;
        if (!words.empty()) leaves["pools.web.health_check.send"] = words;
        return spec_of(leaves);
    };
    const auto said = [](const Spec& before, const Spec& after) {
        Texts texts;
        for (const auto& difference : diff(before, after))
            texts.push_back(text(difference));
        return texts;
    };
    const auto one = sending("tcp", "AUTH"), other = sending("tcp", "BATH");
    EXPECT_THAT(said(one, one), IsEmpty());
    EXPECT_THAT(said(one, other), ElementsAre("pool \"web\": check send differs"));
    EXPECT_THAT(said(sending("tcp", ""), one),
                ElementsAre("pool \"web\": check send not set -> masked"));
    EXPECT_THAT(said(one, sending("tcp", "")),
                ElementsAre("pool \"web\": check send masked -> NOT SET"));
    EXPECT_THAT(said(one, sending("udp", "BATH")),
                ElementsAre("pool \"web\": check tcp -> udp", "pool \"web\": check send differs"));
}

TEST(Diff, ShoutsWhenACheckGoes) {
    const auto found = changes({{"pools.web.health_check", ""},
                                {"pools.web.health_check.type", "none"},
                                {"pools.web.health_check.reason", "because"},
                                {"pools.web.health_check.until", "2026-12-20"}});
    ASSERT_FALSE(found.empty());
    EXPECT_EQ(found[0], "pool \"web\": check http REMOVED");
}

TEST(Diff, SaysWhichBackendsAndVipsComeAndGo) {
    EXPECT_THAT(changes({{"pools.web.backends.web-9.address", "10.0.9.9"}}),
                ElementsAre("pool \"web\": backend web-9 added: 10.0.9.9"));
    const auto some = test::plain();
    const auto vip = std::find_if(some.begin(), some.end(),
                                  [](const auto& leaf) { return leaf.first.starts_with("vips."); });
    ASSERT_NE(vip, some.end());
    const auto name = vip->first.substr(5, vip->first.find('.', 5) - 5);
    const auto found = changes({{"vips." + name + ".", ""}});
    ASSERT_EQ(found.size(), 1u);
    EXPECT_THAT(found[0], testing::StartsWith("vip \"" + name + "\": REMOVED: "));
}

/// Whatever the text can say is seen, and said of the right object.
TEST(Diff, SeesEveryKey) {
    const auto before = spec_of(test::plain());
    for (const auto& field : fields()) {
        if (field.example.empty() || field.type == Type::block) continue;
        auto leaves = test::plain();
        std::string path{field.path};
        for (const auto& [from, to] :
             {std::pair{"pools.NAME.backends.NAME", "pools.web.backends.x"},
              std::pair{"pools.NAME", "pools.web"}, std::pair{"vips.NAME", "vips.x"}})
            if (path.starts_with(from)) path.replace(0, std::string{from}.size(), to);
        leaves[path] = std::string{field.example};
        const auto after = spec_of(leaves);
        EXPECT_EQ(diff(before, after).empty(),
                  print(before, Secrets::shown) == print(after, Secrets::shown))
            << field.path;
    }
}

}  // namespace
}  // namespace lb::config
