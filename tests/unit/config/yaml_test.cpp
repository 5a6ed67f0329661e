// SPDX-License-Identifier: Apache-2.0
#include "config/yaml.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/config/documents.hpp"

namespace lb::config::yaml {
namespace {

using test::lines_of;
using test::Rules;
using test::rules_of;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

/// The value of `key` in a block.
Node value_of(const Tree& tree, const std::string& key) {
    if (tree.root)
        for (const auto& entry : tree.root->entries)
            if (entry.key == key) return entry.value;
    ADD_FAILURE() << "no key " << key;
    return {};
}

TEST(Yaml, GivesEveryNodeItsPlaceCountedFromOne) {
    const auto tree = parse("a: 1\nb:\n  c: [x, y]\n");
    ASSERT_TRUE(tree.root);
    EXPECT_THAT(tree.findings, ::testing::IsEmpty());
    EXPECT_EQ(tree.root->entries[1].where, (Where{2, 1}));
    const auto inner = value_of(tree, "b").entries.at(0);
    EXPECT_EQ(inner.where, (Where{3, 3}));
    EXPECT_EQ(inner.value.items.at(1).where, (Where{3, 10}));
}

/// INV-18.
TEST(Yaml, ReportsADuplicateKeyWithBothLinesAndKeepsTheFirst) {
    const auto tree = parse("a: 1\nb: 2\na: 3\n");
    EXPECT_THAT(lines_of(tree.findings),
                ElementsAre("LB102 3:1 duplicate key \"a\", lines 1 and 3. fix: keep one"));
    EXPECT_EQ(value_of(tree, "a").text, "1");
}

TEST(Yaml, ReadsOneDocumentAndRefusesMore) {
    for (const auto* text : {"- a\nb: c\n", "a: 1\n---\nb: 2\n", "a: 1\n...\n---\nb: 2\n"}) {
        const auto tree = parse(text);
        EXPECT_EQ(rules_of(tree.findings), Rules{"LB108"}) << text;
        EXPECT_FALSE(tree.root) << text;
    }
    EXPECT_EQ(rules_of(parse("---\na: 1\n").findings), Rules{});
}

TEST(Yaml, DoesNotTakeNumbersForItself) {
    const auto tree = parse("a: 0443\nb: 0x1f\nc: +5\nd: \"5\"\n");
    EXPECT_EQ(value_of(tree, "a").text, "0443");
    EXPECT_EQ(value_of(tree, "b").text, "0x1f");
    EXPECT_EQ(value_of(tree, "c").text, "+5");
    EXPECT_FALSE(value_of(tree, "a").quoted);
    EXPECT_TRUE(value_of(tree, "d").quoted);
}

TEST(Yaml, TellsBlankFromTheTextNullAndGivesItThePlaceOfItsKey) {
    const auto tree = parse("a:\nb: ~\nc: null\nd: \"null\"\n");
    EXPECT_EQ(value_of(tree, "a").kind, Node::Kind::blank);
    EXPECT_EQ(value_of(tree, "a").where, (Where{1, 1}));
    EXPECT_EQ(value_of(tree, "b").kind, Node::Kind::blank);
    EXPECT_EQ(value_of(tree, "c").kind, Node::Kind::blank);
    EXPECT_EQ(value_of(tree, "d").kind, Node::Kind::scalar);
}

TEST(Yaml, FindsWhatATemplateLeftBehind) {
    for (const auto* text :
         {"k: {{ x }}\n", "k: \"{{ x }}\"\n", "{{ x }}: 1\n", "\"{{ x }}\": 1\n", "k: [{{ x }}]\n",
          "{% for a in b %}\nk: 1\n", "k: {% if a %}\n", "- {{ x }}\n"})
        EXPECT_EQ(rules_of(parse(text).findings), Rules{"LB105"}) << text;
}

TEST(Yaml, RepeatsNoSecretThatATemplateWasLeftIn) {
    const auto told = lines_of(parse("send: \"AUTH x {{ y }}\"\nseed: \"{{ z }}\"\n").findings);
    EXPECT_THAT(told, Each(HasSubstr("the value is left over from a template")));
    EXPECT_THAT(told, Not(Contains(AnyOf(HasSubstr("AUTH"), HasSubstr("{{ z")))));
}

TEST(Yaml, SaysOnceOfEachToDoThatItIsToBeDecided) {
    const auto tree =
        parse("k: \"{{ TODO a value }}\"\n\"{{ TODO whether }}\": old.conf:7\nj: 1\n");
    EXPECT_THAT(lines_of(tree.findings),
                ElementsAre(AllOf(StartsWith("LB105 1:4"), HasSubstr("is still to be decided")),
                            AllOf(StartsWith("LB105 2:1"), HasSubstr("is still to be decided"))));
    EXPECT_EQ(value_of(tree, "j").text, "1");
}

TEST(Yaml, GoesOnBehindATemplate) {
    const auto tree = parse("k: {{ x }}\nj: 1\nj: 2\n");
    EXPECT_EQ(rules_of(tree.findings), (Rules{"LB102", "LB105"}));
    EXPECT_EQ(value_of(tree, "k").kind, Node::Kind::broken);
    EXPECT_EQ(value_of(tree, "j").text, "1");
}

TEST(Yaml, RefusesAnchorsAndAliases) {
    EXPECT_THAT(lines_of(parse("a: &x 1\n").findings),
                ElementsAre(HasSubstr("anchors are not supported")));
    EXPECT_THAT(lines_of(parse("a: &x [*x]\n").findings),
                ElementsAre(HasSubstr("anchors"), HasSubstr("aliases")));
    EXPECT_THAT(lines_of(parse("a: *unknown\n").findings), ElementsAre(StartsWith("LB108 1:4")));
    std::string bomb = "a0: &a0 [x]\n";
    for (int i = 1; i < 30; ++i) {
        const auto before = "*a" + std::to_string(i - 1);
        bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before + ", " +
                before + "]\n";
    }
    EXPECT_EQ(parse(bomb).findings.size(), 30u + 2 * 29u);
}

TEST(Yaml, RefusesMergeKeysAndSaysWhatToUse) {
    EXPECT_THAT(lines_of(parse("<<: {a: 1}\nb: 2\n").findings),
                ElementsAre("LB108 1:1 merge keys are not supported. fix: use defaults"));
    EXPECT_THAT(parse("\"<<\": 1\n").findings, ::testing::IsEmpty());
}

TEST(Yaml, RefusesTags) {
    for (const auto* text : {"a: !tag value\n", "a: !!str 5\n", "a: !x {b: 1}\n", "a: !x [b]\n"})
        EXPECT_EQ(rules_of(parse(text).findings), Rules{"LB108"}) << text;
}

TEST(Yaml, RefusesWhatIsNotUtf8Text) {
    EXPECT_THAT(lines_of(parse("a: 1\nb: \"x\xff\"\n").findings),
                ElementsAre(StartsWith("LB109 2:6 not UTF-8")));
    EXPECT_EQ(rules_of(parse(std::string{"a\0b", 3}).findings), Rules{"LB109"});
    EXPECT_EQ(rules_of(parse("a: \x1b[31m\n").findings), Rules{"LB109"});
    EXPECT_EQ(rules_of(parse("a: K\xc3\xb6ln\n").findings), Rules{});
}

TEST(Yaml, RefusesTextsThatAreTooLarge) {
    const std::string comment(kLargestText - 6, '#');
    EXPECT_EQ(rules_of(parse("a: 1\n" + comment + "\n").findings), Rules{});
    EXPECT_EQ(rules_of(parse("a: 1\n" + comment + "#\n").findings), Rules{"LB109"});
}

TEST(Yaml, RefusesDepthWithoutFollowingIt) {
    const auto nested = [](const char* open, std::size_t depth) {
        std::string text;
        for (std::size_t i = 0; i < depth; ++i)
            text += open;
        return text;
    };
    for (const auto* open : {"[", "{a: ", "[{", "? ", "- "})
        EXPECT_THAT(lines_of(parse(nested(open, 20'000)).findings),
                    ::testing::Contains(HasSubstr("nested too deep")))
            << open;
    EXPECT_TRUE(parse(nested("- ", kDeepest) + "a\n").root);
    EXPECT_FALSE(parse(nested("- ", kDeepest + 1) + "a\n").root);
}

TEST(Yaml, SaysWhereASyntaxErrorIs) {
    EXPECT_THAT(lines_of(parse("a: 1\nb: [1, 2\n").findings), ElementsAre(StartsWith("LB109 3:1")));
    EXPECT_THAT(lines_of(parse("a: b\n\tc: d\n").findings), ElementsAre(HasSubstr("illegal tab")));
}

TEST(Yaml, HintsToQuoteWhereAnIpv6AddressIsASyntaxError) {
    for (const auto* text : {"a: 2001:db8::\nb: c\n", "a: [2001:db8::1]:443\n"})
        EXPECT_THAT(lines_of(parse(text).findings), ElementsAre(HasSubstr("quote IPv6"))) << text;
}

TEST(Yaml, RefusesKeysThatAreNoWords) {
    for (const auto* text : {": x\n", "null: x\n", "~: x\n", "[a]: b\n", "? [a, {b: c}]\n: d\n"})
        EXPECT_EQ(rules_of(parse(text).findings), Rules{"LB109"}) << text;
}

}  // namespace
}  // namespace lb::config::yaml
