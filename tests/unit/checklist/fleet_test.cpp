// SPDX-License-Identifier: Apache-2.0
#include "checklist/fleet.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/config/documents.hpp"

namespace lb::checklist {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

using test::spec_of;

TEST(Fleet, IsRefusedAsItsPageSays) {
    for (const auto& rule : fleet_rules()) {
        const auto examples = test::examples_in("docs/rules/" + std::string{rule.id} + ".md");
        const auto first = spec_of(examples.at(0).text);
        for (std::size_t i = 1; i < examples.size(); ++i) {
            const auto other = spec_of(examples[i].text);
            auto words = examples[i].words;
            words.erase("hosts");
            const auto found = compare({{"a.yaml", first}, {"b.yaml", other}});
            EXPECT_THAT(found[0], IsEmpty());
            EXPECT_EQ(test::rules_of(found[1]), words) << examples[i].place;
        }
    }
}

struct RuleLB901 : testing::Test {
    Spec first =
        spec_of("node: {interfaces: [eth0], seed: \"5eed5eed5eed5eed5eed5eed5eed5eed\"}\n");
    Spec other = first;

    std::vector<std::string> said() const {
        std::vector<std::string> lines;
        const auto found = compare({{"a.yaml", first}, {"b.yaml", other}});
        for (const auto& finding : found[1])
            lines.push_back(finding.object + ": " + finding.message);
        return lines;
    }
};

TEST_F(RuleLB901, HasNothingAgainstTwoThatAgree) {
    other.node.interfaces = {"eth1"};
    other.pools.at("web").check->interval = milliseconds{3000};
    EXPECT_THAT(said(), IsEmpty());
}

TEST_F(RuleLB901, NamesWhatDiffers) {
    other.vips.at("shop").slots = 65537;
    EXPECT_THAT(said(), ElementsAre("vip \"shop\": 65537 slots here, 16381 in a.yaml"));
    other = first;
    auto& backends = other.pools.at("web").backends;
    backends.at("web-1").weight = 50;
    EXPECT_THAT(said(), ElementsAre("vip \"shop\": backend \"web-1\" has weight 50 here, 100 in "
                                    "a.yaml"));
    backends.erase("web-1");
    EXPECT_THAT(said(), ElementsAre("vip \"shop\": backend \"web-1\" is missing here, not in "
                                    "a.yaml"));
    std::swap(first, other);
    EXPECT_THAT(said(), ElementsAre("vip \"shop\": backend \"web-1\" is here, not in a.yaml"));
}

TEST_F(RuleLB901, WantsASeedInEveryFile) {
    other.node.seed->at(0) = {};
    EXPECT_THAT(said(), ElementsAre("node: another seed than a.yaml, though they share a vip"));
    other.node.seed.reset();
    EXPECT_THAT(said(),
                ElementsAre("node: no seed in common with a.yaml, though they share a vip"));
    first.node.seed.reset();
    EXPECT_EQ(said().size(), 1u) << "each host makes its own then";
}

TEST_F(RuleLB901, ComparesServicesWhateverTheirNamesAre) {
    auto vip = other.vips.extract("shop");
    vip.key() = "store";
    other.vips.insert(std::move(vip));
    EXPECT_THAT(said(), IsEmpty());
    other.vips.at("store").slots = 4093;
    EXPECT_EQ(said().size(), 1u);
    other.vips.at("store").ports = {81, 81};  // nothing in common
    other.node.seed.reset();
    EXPECT_THAT(said(), IsEmpty());
}

TEST_F(RuleLB901, BlamesAFileOnce) {
    other.vips.at("shop").slots = 4093;
    const auto found =
        compare({{"a.yaml", first}, {"b.yaml", first}, {"c.yaml", first}, {"d.yaml", other}});
    EXPECT_EQ(found[3].size(), 1u);
}

}  // namespace
}  // namespace lb::checklist
