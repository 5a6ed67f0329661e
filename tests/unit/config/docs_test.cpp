// SPDX-License-Identifier: Apache-2.0
/// Every ```yaml example of the documentation is judged by the code that judges the real thing:
///     ```yaml               a configuration without errors
///     ```yaml bad LB301     exactly these rules speak
///     ```yaml before        what runs, and below it
///     ```yaml change LB701  what it is changed to, which these rules refuse
///     ```yaml host LB602    a host like this is refused for it
///     ```yaml hosts LB901   the file of a host that disagrees with the first
///     ```yaml fragment      no configuration of lbd: not judged
#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "personas/trials.hpp"
#include "unit/config/documents.hpp"

namespace lb::config {
namespace {

using test::lines_of;

std::vector<std::string> pages() {
    std::vector<std::string> pages{"README.md"};
    for (const auto& entry : std::filesystem::recursive_directory_iterator("docs"))
        if (entry.path().extension() == ".md") pages.push_back(entry.path().string());
    return pages;
}

/// What `lbctl test` finds, by checks that hurry.
Findings tried(const std::string& text) {
    auto spec = test::reading(text).spec;
    for (auto& [name, pool] : spec.pools)
        pool.check->interval = pool.check->fast_interval = pool.check->timeout = milliseconds{300};
    return personas::try_all(spec).findings;
}

void judge(const test::Example& example) {
    SCOPED_TRACE(example.place);
    auto words = example.words;
    if (words.contains("fragment")) return;
    // The pages of rules show the part that matters.
    const bool is_rule = example.place.starts_with("docs/rules/");
    const auto text = is_rule ? test::completed(example.text) : example.text;
    auto found = test::judged(text);
    if (words.contains("LB210"))
        for (auto& finding : tried(text))
            found.push_back(std::move(finding));
    bool is_about_more = false;
    for (const auto* word : {"before", "change", "host", "hosts"})
        is_about_more |= words.erase(word) != 0;
    if (is_about_more) {  // what is wrong with it:
                          // tests/unit/checklist/{change,host,fleet}_test.cpp
        EXPECT_FALSE(has_errors(found)) << ::testing::PrintToString(lines_of(found));
    } else if (words.erase("bad") != 0) {
        EXPECT_EQ(test::rules_of(found), words) << ::testing::PrintToString(lines_of(found));
    } else if (is_rule) {
        EXPECT_THAT(lines_of(found), ::testing::IsEmpty());
    } else {
        EXPECT_FALSE(has_errors(found)) << ::testing::PrintToString(lines_of(found));
    }
}

TEST(Docs, ShowExamplesThatAreWhatTheySay) {
    int judged = 0;
    for (const auto& page : pages())
        for (const auto& example : test::examples_in(page)) {
            judge(example);
            ++judged;
        }
    EXPECT_GT(judged, 60) << "are the examples still found?";
}

TEST(Docs, HaveExampleFilesWithoutFindings) {
    for (const auto& entry : std::filesystem::directory_iterator("docs/examples"))
        if (entry.path().extension() == ".yaml") {
            const auto text = test::text_of(entry.path().string());
            EXPECT_THAT(lines_of(test::judged(text)), ::testing::IsEmpty()) << entry.path();
        }
}

}  // namespace
}  // namespace lb::config
