// SPDX-License-Identifier: Apache-2.0
#include "checklist/registry.hpp"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checklist/change.hpp"
#include "checklist/fleet.hpp"
#include "checklist/host.hpp"
#include "unit/config/documents.hpp"

namespace lb::checklist {
namespace {

std::string page_of(const auto& rule) {
    return "docs/rules/" + std::string{rule.id} + ".md";
}

TEST(Registry, ListsEachRuleOnceInOrder) {
    EXPECT_TRUE(std::is_sorted(rules().begin(), rules().end(),
                               [](const Rule& a, const Rule& b) { return a.id <= b.id; }));
}

void expect_its_page(const auto& rule) {
    const auto page = test::text_of(page_of(rule));
    const std::string severity = rule.severity == Severity::error ? "Error" : "Warning";
    const auto head =
        "# " + std::string{rule.id} + ": " + std::string{rule.title} + "\n\n**" + severity + ".** ";
    EXPECT_EQ(page.substr(0, head.size()), head);
}

/// AT-2.
TEST(Registry, HasAPageForEachRuleThatSaysTheSame) {
    for (const auto& rule : rules())
        expect_its_page(rule);
    for (const auto& rule : change_rules())
        expect_its_page(rule);
    for (const auto& rule : host_rules())
        expect_its_page(rule);
    for (const auto& rule : fleet_rules())
        expect_its_page(rule);
}

/// AT-2, INV-18.  What the examples must lead to is tested with all examples:
/// tests/unit/config/docs_test.cpp.
TEST(Registry, HasAFailingAndAPassingExampleForEachRule) {
    for (const auto& rule : rules()) {
        const auto examples = test::examples_in(page_of(rule));
        ASSERT_EQ(examples.size(), 2u) << rule.id;
        EXPECT_EQ(examples[0].words, (test::Rules{"bad", std::string{rule.id}}));
        EXPECT_EQ(examples[1].words, test::Rules{}) << rule.id;
    }
}

/// Before, a change that is refused, and one that is not.
TEST(Registry, HasChangesForEachRuleAboutThem) {
    EXPECT_TRUE(std::is_sorted(change_rules().begin(), change_rules().end(),
                               [](const auto& a, const auto& b) { return a.id <= b.id; }));
    for (const auto& rule : change_rules()) {
        const auto examples = test::examples_in(page_of(rule));
        ASSERT_EQ(examples.size(), 3u) << rule.id;
        EXPECT_EQ(examples[0].words, test::Rules{"before"}) << rule.id;
        EXPECT_EQ(test::without(examples[1].words, test::circumstances_of(examples[1])),
                  (test::Rules{"change", std::string{rule.id}}));
        EXPECT_EQ(examples[2].words, test::Rules{"change"}) << rule.id;
    }
}

/// A host that is refused for it, and one that is not.  What else is said of the first is on its
/// page, too, and held by Host.IsRefusedAsItsPageSays.
TEST(Registry, HasHostsForEachRuleAboutThem) {
    EXPECT_TRUE(std::is_sorted(host_rules().begin(), host_rules().end(),
                               [](const auto& a, const auto& b) { return a.id <= b.id; }));
    for (const auto& rule : host_rules()) {
        const auto examples = test::examples_in(page_of(rule));
        ASSERT_EQ(examples.size(), 2u) << rule.id;
        const test::Rules its{"host", std::string{rule.id}};
        const auto said = test::without(examples[0].words, test::circumstances_of(examples[0]));
        EXPECT_TRUE(std::includes(said.begin(), said.end(), its.begin(), its.end())) << rule.id;
        EXPECT_EQ(test::without(examples[1].words, test::circumstances_of(examples[1])),
                  test::Rules{"host"})
            << rule.id;
    }
}

/// The first, one that disagrees with it, one that does not.
TEST(Registry, HasHostsForEachRuleAboutSeveral) {
    for (const auto& rule : fleet_rules()) {
        const auto examples = test::examples_in(page_of(rule));
        ASSERT_EQ(examples.size(), 3u) << rule.id;
        EXPECT_EQ(examples[1].words, (test::Rules{"hosts", std::string{rule.id}}));
        EXPECT_EQ(examples[0].words, test::Rules{"hosts"}) << rule.id;
        EXPECT_EQ(examples[2].words, test::Rules{"hosts"}) << rule.id;
    }
}

TEST(Registry, GivesEachRuleOneNumber) {
    std::set<std::string_view> seen;
    const auto take = [&](const auto& table) {
        for (const auto& rule : table)
            EXPECT_TRUE(seen.insert(rule.id).second) << rule.id;
    };
    take(rules());
    take(change_rules());
    take(host_rules());
    take(fleet_rules());
}

TEST(Registry, GivesFindingsTheSeverityOfTheirRule) {
    for (const auto& rule : rules()) {
        const auto example = test::examples_in(page_of(rule)).at(0);
        for (const auto& finding : test::judged(test::completed(example.text)))
            EXPECT_EQ(finding.severity, rule.severity) << finding.rule;
    }
}

TEST(Registry, IsTheIndexInTheDocumentation) {
    EXPECT_EQ(test::text_of("docs/rules/README.md"), index());
}

TEST(Registry, ReviewsWhatWasReadAndWhatItMeansInOneOrder) {
    const auto found = test::judged(test::completed(R"(vips:
  a: {address: 192.0.2.1, port: 80, protocol: tcp, pool: web}
  b: {address: 192.0.2.1, port: 80, protocol: tcp, pool: web, x: 1}
  c: {address: 224.0.0.1, port: 81, protocol: tcp, pool: web}
pools:
  web:
    health_check: {type: http, host: h, port: 80, fall: 1}
    backends: {x: {address: 10.0.0.1}, y: {address: 10.0.0.1}}
)"));
    std::vector<std::string> rules;
    for (const auto& finding : found)
        rules.push_back(finding.rule);
    EXPECT_THAT(rules, ::testing::ElementsAre("LB501", "LB101", "LB503", "LB304", "LB502"));
}

/// One mistake, one message: what could not be read is not judged on top of it.
TEST(Registry, KeepsQuietAboutWhatCouldNotBeRead) {
    const std::pair<const char*, const char*> cases[] = {
        {"LB103", "pools: {web: none}\n"},
        {"LB105", "pools: {web: }\n"},
        {"LB001",
         "pools:\n  web:\n    health_check: {host: a}\n"
         "    backends: {a: {address: 10.0.0.1}, b: {address: 10.0.0.2}}\n"},
        {"LB103",
         "pools:\n  web:\n    health_check: {type: http, host: a}\n"
         "    backends: {a: {address: 10.0.0.1}, b: {address: 10.0.0.2}}\n"
         "  without-vip:\n    health_check: no\n"
         "    backends: {a: {address: 10.0.0.1}, b: {address: 10.0.0.2}}\n"},
        {"LB103", "vips: {shop: none}\n"},
        {"LB503",
         "vips:\n  a: {address: x, port: 80, protocol: tcp, pool: web}\n"
         "  b: {address: y, port: 80, protocol: tcp, pool: web}\n"},
        {"LB103",
         "pools:\n  web:\n    health_check: no\n"
         "    backends: {a: {address: 10.0.0.1}, b: {address: 10.0.0.2}}\n"},
        {"LB106",
         "pools:\n  web:\n    health_check: {type: htp}\n"
         "    backends: {a: {address: 10.0.0.1}, b: {address: 10.0.0.2}}\n"},
        {"LB106",
         "pools:\n  web:\n    health_check: {type: htp, path: /, expect_status: 500}\n"
         "    backends: {a: {address: 10.0.0.1}, b: {address: 10.0.0.2}}\n"},
        {"LB103",
         "pools:\n  web:\n    health_check: {type: http, host: a}\n"
         "    backends: {a: 10.0.0.1, b: 10.0.0.1}\n"},
        {"LB107",
         "pools:\n  web:\n    health_check: {type: http, host: a}\n"
         "    backends: {a: {weight: 1}, b: {weight: 1}}\n"},
    };
    for (const auto& [rule, text] : cases)
        EXPECT_EQ(test::rules_of(test::judged(test::completed(text))), test::Rules{rule})
            << text
            << ::testing::PrintToString(test::lines_of(test::judged(test::completed(text))));
}

}  // namespace
}  // namespace lb::checklist
