// SPDX-License-Identifier: Apache-2.0
#include "checklist/format.hpp"

#include <algorithm>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <tinyxml2.h>

#include "checklist/change.hpp"
#include "checklist/fleet.hpp"
#include "checklist/host.hpp"
#include "checklist/registry.hpp"

namespace lb::checklist {
namespace {

Finding at(int line, int column) {
    return {"LB101",     Severity::error,     {line, column},
            "vip \"a\"", "unknown key \"x\"", "remove it"};
}

TEST(Format, ShowsTheLineAndACaret) {
    EXPECT_EQ(as_text({at(2, 3)}, "lbd.yaml", "a:\n  x: 1\n"),
              "lbd.yaml:2:3: error LB101 vip \"a\": unknown key \"x\". fix: remove it\n"
              "      x: 1\n"
              "      ^\n");
}

TEST(Format, ShowsNoLineThatHoldsASeed) {
    EXPECT_THAT(as_text({at(1, 1)}, "f", "seed: \"deadbeef\"\n"),
                ::testing::Not(::testing::HasSubstr("dead")));
}

TEST(Format, ShowsNoLineOfWhatACheckSends) {
    for (const auto* source :
         {"check: {type: tcp, send: \"AUTH x\", fall: 1}\n", "  send:\n    AUTH x\n",
          "  send: |\n    AUTH x\n  expect: y\n", "  send: >-\n    A\n    AUTH x\n"})
        for (const int line : {1, 2, 3})
            EXPECT_THAT(as_text({at(line, 1)}, "f", source),
                        ::testing::Not(::testing::HasSubstr("AUTH")))
                << source;
    EXPECT_THAT(as_text({at(3, 3)}, "f", "  send: |\n    AUTH x\n  expect: y\n"),
                ::testing::HasSubstr("expect: y"));
}

TEST(Format, ShowsNothingThatMovesATerminal) {
    EXPECT_THAT(as_text({at(1, 1)}, "f", "a: \x1b[2J\n"),
                ::testing::Not(::testing::HasSubstr("\x1b")));
    EXPECT_THAT(as_text({at(1, 1)}, "f", "a: \xc2\x9b\n"),
                ::testing::Not(::testing::HasSubstr("\xc2")));
}

TEST(Format, IsContentWithPlacesThatAreNotInTheSource) {
    for (const auto where :
         {Where{0, 0}, Where{0, 1}, Where{9, 1}, Where{1, 99}, Where{-1, -1}, Where{1, 0}})
        EXPECT_EQ(as_text({at(where.line, where.column)}, "f", "a: 1\n"),
                  print(at(where.line, where.column), "f") + "\n");
    EXPECT_EQ(as_text({}, "f", "a: 1\n"), "");
}

TEST(Format, PrintsJson) {
    EXPECT_THAT(
        as_json({at(2, 3)}, "lbd.yaml"),
        ::testing::AllOf(::testing::HasSubstr("\"LB101\""), ::testing::HasSubstr("lbd.yaml")));
}

Review one_of_each() {
    Review review;
    review.findings = {at(2, 3),
                       {"LB304", Severity::warning, {7, 5}, "pool \"w*b\"", "one <packet>", "2"}};
    review.allowed = {{{"LB207", Severity::warning, {9, 1}, "pool \"api\"", "who?", "host"},
                       *parse_date("2027-01-31"),
                       "CHG-118"}};
    return review;
}

int count(const std::string& text, const std::string& part) {
    int found = 0;
    for (auto at = text.find(part); at != text.npos; at = text.find(part, at + 1))
        ++found;
    return found;
}

/// Of all tables, by id: what the checklist says of it where nothing was found.
std::map<std::string, std::string> catalogue() {
    std::map<std::string, std::string> found;
    for (const auto& rule : rules())
        found[std::string{rule.id}] =
            rule.is_tried ? "not looked at here, `lbctl test` finds it" : "no";
    for (const auto& rule : change_rules())
        found[std::string{rule.id}] = "not looked at here, `lbctl plan` finds it";
    for (const auto& rule : host_rules())
        found[std::string{rule.id}] = "not looked at here, `lbctl check --host` finds it";
    for (const auto& rule : fleet_rules())
        found[std::string{rule.id}] = "not looked at here, `lbctl check A B ...` finds it";
    return found;
}

/// AT-3.
TEST(Format, ListsTheWholeCatalogueInOrderAndSaysWhoLooksForTheRest) {
    const auto list = as_checklist({}, "lbd.yaml");
    std::size_t last = 0;
    for (const auto& [id, said] : catalogue()) {
        const auto at = list.find(std::string{said == "no" ? "- [x] " : "- [ ] "} + id + " (");
        ASSERT_NE(at, list.npos) << id;
        EXPECT_GT(at, last) << id;
        const auto line = list.substr(at, list.find('\n', at) - at);
        EXPECT_THAT(line, ::testing::EndsWith(": " + said));
        last = at;
    }
}

/// AT-3.
TEST(Format, ListsEachRuleOnceWithWhatItFound) {
    const auto list = as_checklist(one_of_each(), "lbd.yaml");
    EXPECT_THAT(
        list, ::testing::StartsWith("# Checklist of lbd.yaml\n\n1 error, 1 warning, 1 allowed.\n"));
    for (const auto& [id, said] : catalogue())
        EXPECT_EQ(count(list, "] " + id + " ("), 1) << id;
    EXPECT_EQ(count(list, "\n- ["), static_cast<int>(catalogue().size()));
    EXPECT_THAT(list,
                ::testing::HasSubstr("- [ ] LB101 (error) unknown key: **yes**\n"
                                     "  - line 2: vip \"a\": unknown key \"x\". Fix: remove it\n"));
    EXPECT_THAT(list, ::testing::HasSubstr("pool \"w\\*b\": one \\<packet\\>"));
    EXPECT_THAT(list,
                ::testing::HasSubstr("- [x] LB001 (error) pool without a health check: no\n"));
    EXPECT_THAT(list, ::testing::HasSubstr(
                          "- [x] LB207 (warning) nothing identifies the answer: no\n"
                          "  - line 9: pool \"api\": who? (allowed until 2027-01-31: CHG-118)\n"));
    EXPECT_THAT(list, ::testing::HasSubstr(
                          "- [ ] LB210 (error) the check cannot fail: not looked at here"));
}

/// AT-3.
TEST(Format, PrintsJunitWithACaseForEachRule) {
    for (const bool warnings_fail : {true, false}) {
        const auto text = as_junit(one_of_each(), "lbd.yaml", warnings_fail);
        tinyxml2::XMLDocument document;
        ASSERT_EQ(document.Parse(text.c_str()), tinyxml2::XML_SUCCESS);
        const auto* suite =
            document.FirstChildElement("testsuites")->FirstChildElement("testsuite");
        EXPECT_EQ(suite->IntAttribute("failures"), warnings_fail ? 2 : 1);
        int cases = 0, failures = 0, skipped = 0;
        for (const auto* each = suite->FirstChildElement("testcase"); each;
             each = each->NextSiblingElement("testcase")) {
            ++cases;
            failures += each->FirstChildElement("failure") != nullptr;
            skipped += each->FirstChildElement("skipped") != nullptr;
        }
        EXPECT_EQ(cases, static_cast<int>(catalogue().size()));
        EXPECT_EQ(cases, suite->IntAttribute("tests"));
        EXPECT_EQ(skipped, suite->IntAttribute("skipped"));
        EXPECT_EQ(skipped, std::ranges::count_if(
                               catalogue(), [](const auto& each) { return each.second != "no"; }));
        EXPECT_EQ(failures, warnings_fail ? 2 : 1);
    }
}

TEST(Format, PrintsSarifWithPlacesRulesAndWhatIsAllowed) {
    const auto sarif = nlohmann::json::parse(as_sarif(one_of_each(), "lbd.yaml"));
    EXPECT_EQ(sarif["version"], "2.1.0");
    const auto& run = sarif["runs"][0];
    EXPECT_EQ(run["tool"]["driver"]["rules"].size(), rules().size());
    ASSERT_EQ(run["results"].size(), 3u);
    const auto& first = run["results"][0];
    EXPECT_EQ(first["ruleId"], "LB101");
    EXPECT_EQ(first["level"], "error");
    const auto& place = first["locations"][0]["physicalLocation"];
    EXPECT_EQ(place["artifactLocation"]["uri"], "lbd.yaml");
    EXPECT_EQ(place["region"]["startLine"], 2);
    EXPECT_EQ(place["region"]["startColumn"], 3);
    EXPECT_FALSE(first.contains("suppressions"));
    const auto& allowed = run["results"][2]["suppressions"][0];
    EXPECT_EQ(allowed["kind"], "inSource");
    EXPECT_EQ(allowed["justification"], "CHG-118 (until 2027-01-31)");
}

}  // namespace
}  // namespace lb::checklist
