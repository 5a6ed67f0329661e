// SPDX-License-Identifier: Apache-2.0
#include "checklist/suppress.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "unit/config/documents.hpp"

namespace lb::checklist {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr auto kGood = R"(# lbctl:allow LB304 until=2026-12-01 reason="CHG-118")";

/// A pool whose check has `fall: 1`, on line 5, with a comment behind it or above.
std::string pool(const std::string& behind, const std::string& above = "    # nothing") {
    return test::completed("pools:\n  web:\n    min_healthy: 1\n" + above +
                           "\n    health_check: {type: http, host: a.example, fall: 1} " + behind +
                           "\n    backends:\n      web-1: {address: 10.0.1.11}\n"
                           "      web-2: {address: 10.0.1.12}\n");
}

Review review_of(const std::string& text, std::optional<Date> today = test::kToday) {
    return review(test::reading(text), today);
}

std::vector<std::string> rules_in(const Findings& findings) {
    std::vector<std::string> rules;
    for (const auto& finding : findings)
        rules.push_back(finding.rule);
    return rules;
}

TEST(Suppress, TakesOutAWarningOnItsLineOrTheOneBefore) {
    EXPECT_THAT(rules_in(review_of(pool("")).findings), ElementsAre("LB304"));
    for (const auto& text : {pool(kGood), pool("", std::string{"    "} + kGood),
                             pool("", std::string{"    "} + kGood + "\n\n    # more")}) {
        const auto review = review_of(text);
        EXPECT_THAT(review.findings, IsEmpty()) << text;
        ASSERT_THAT(review.allowed, SizeIs(1)) << text;
        EXPECT_EQ(review.allowed[0].finding.rule, "LB304");
        EXPECT_EQ(review.allowed[0].reason, "CHG-118");
    }
}

TEST(Suppress, IsOverAfterItsLastDay) {
    const Date last = test::kToday;  // until
    EXPECT_THAT(review_of(pool(kGood), last).findings, IsEmpty());
    const auto after = review_of(pool(kGood), last + std::chrono::days{1});
    EXPECT_THAT(rules_in(after.findings), ElementsAre("LB802"));
    EXPECT_THAT(test::lines_of(after.findings)[0], HasSubstr("ended on 2026-12-01"));
    EXPECT_THAT(review_of(pool(kGood), {}).findings, IsEmpty()) << "no date, no objection";
}

TEST(Suppress, ObjectsToWhatAllowsNothing) {
    EXPECT_THAT(
        rules_in(review_of(pool("", std::string{kGood} + "\n    # \n    weight: x")).findings),
        testing::Contains("LB802"));
    const auto other = review_of(pool(R"(# lbctl:allow LB207 until=2026-12-01 reason="CHG-118")"));
    EXPECT_THAT(rules_in(other.findings), testing::UnorderedElementsAre("LB304", "LB802"));
}

TEST(Suppress, AllowsNoError) {
    auto text = pool(R"(# lbctl:allow LB203 until=2026-12-01 reason="CHG-118")");
    text.replace(text.find("fall: 1"), 7, "expect_status: 503");
    EXPECT_THAT(rules_in(review_of(text).findings),
                testing::UnorderedElementsAre("LB203", "LB802"));
}

TEST(Suppress, WantsAllItsParts) {
    for (const auto* wrong :
         {"# lbctl:allow", "# lbctl:allow LB304", "# lbctl:allow LB304 until=2026-12-01",
          R"(# lbctl:allow LB304 reason="x")", R"(# lbctl:allow LB304 until=2026-12-01 reason="")",
          R"(# lbctl:allow LB304 until=2026-12-01 reason="  ")",
          R"(# lbctl:allow LB304 until=2026-13-01 reason="x")",
          R"(# lbctl:allow LB304 until=soon reason="x")",
          R"(# lbctl:allow LB304,LB207 until=2026-12-01 reason="x")",
          R"(# lbctl:allow * until=2026-12-01 reason="x")",
          R"(# lbctl:allow LB304 until=2026-12-01 reason="x" more)"})
        EXPECT_THAT(rules_in(review_of(pool(wrong)).findings),
                    testing::UnorderedElementsAre("LB304", "LB802"))
            << wrong;
}

TEST(Suppress, IsAComment) {
    auto text = pool("");
    text.replace(text.find("a.example"), 9, R"("a.example# lbctl:allow LB304")");
    EXPECT_THAT(rules_in(review_of(text).findings), testing::Contains("LB304"));
    EXPECT_THAT(rules_in(review_of(text).findings), testing::Not(testing::Contains("LB802")));
}

}  // namespace
}  // namespace lb::checklist
