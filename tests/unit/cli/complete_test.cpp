// SPDX-License-Identifier: Apache-2.0
#include "cli/complete.hpp"

#include <CLI/CLI.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/command_line.hpp"

namespace lb::cli {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

struct Completing : ::testing::Test {
    Completing() { declare(app, line); }

    Completion at(std::vector<std::string> words) { return complete(app, std::move(words)); }

    std::vector<std::string> words(std::vector<std::string> typed) {
        std::vector<std::string> found;
        for (const auto& choice : at(std::move(typed)).choices)
            found.push_back(choice.word);
        return found;
    }

    CommandLine line;
    CLI::App app{"lbctl", "lbctl"};
};

TEST_F(Completing, OffersEveryVerb) {
    const auto found = at({""}).choices;
    EXPECT_EQ(found.size(), line.actions.size());
    EXPECT_THAT(found,
                Contains(Choice{"status", "one screen, problems first; exit 1 if there are any"}));
}

TEST_F(Completing, OffersWhatBeginsAsTyped) {
    EXPECT_THAT(words({"ro"}), ElementsAre("rollback"));
    EXPECT_THAT(words({"check", "--fail"}), ElementsAre("--fail-on"));
    EXPECT_THAT(words({"frobnicate"}), IsEmpty());
}

TEST_F(Completing, OffersOptionsOfTheVerbAndOfAllVerbs) {
    const auto found = words({"capture", "-"});
    EXPECT_THAT(found, Contains("--vip"));
    EXPECT_THAT(found, Contains("-w"));
    EXPECT_THAT(found, Contains("--socket"));
    EXPECT_THAT(words({"status", "-"}), Not(Contains("--vip")));
}

TEST_F(Completing, OffersAnOptionOnce) {
    auto found = words({"vip", "show", "-"});
    const auto all = found.size();
    std::sort(found.begin(), found.end());
    found.erase(std::unique(found.begin(), found.end()), found.end());
    EXPECT_EQ(found.size(), all);
}

TEST_F(Completing, OffersTheValuesOfAChoice) {
    EXPECT_THAT(words({"status", "-o", ""}), ElementsAre("table", "wide", "json", "name"));
    EXPECT_THAT(words({"check", "--format", "j"}), ElementsAre("json", "junit"));
    EXPECT_THAT(words({"completion", ""}), ElementsAre("bash", "zsh", "fish"));
}

TEST_F(Completing, TakesAnEqualsSignInOneWordOrAsAWord) {
    EXPECT_THAT(words({"--output=js"}), ElementsAre("--output=json"));
    EXPECT_THAT(words({"--output", "=", "js"}), ElementsAre("json"));
    EXPECT_THAT(words({"--output", "="}), ElementsAre("table", "wide", "json", "name"));
    EXPECT_THAT(words({"--output=json", "rollb"}), ElementsAre("rollback"));
}

TEST_F(Completing, KnowsThatAFlagHasNoValue) {
    EXPECT_TRUE(at({"check", "--host", ""}).files);
    EXPECT_THAT(words({"--no-headers", "rollb"}), ElementsAre("rollback"));
}

TEST_F(Completing, AsksForFilesWhereOneIsDue) {
    EXPECT_TRUE(at({"check", ""}).files);
    EXPECT_TRUE(at({"check", "a.yaml", "b"}).files);  // of several hosts
    EXPECT_TRUE(at({"capture", "-w", ""}).files);
    EXPECT_TRUE(at({"diff", "4", ""}).files);
    EXPECT_FALSE(at({"apply", "a.yaml", ""}).files);
    EXPECT_FALSE(at({"apply", "--comment", ""}).files);
    EXPECT_FALSE(at({"status", ""}).files);
}

TEST_F(Completing, AsksForTheNamesThatAreDue) {
    EXPECT_EQ(at({"vip", "show", ""}).living, Living::vips);
    EXPECT_EQ(at({"pool", "show", ""}).living, Living::pools);
    EXPECT_EQ(at({"backend", "show", ""}).living, Living::backends);
    EXPECT_EQ(at({"-o", "json", "drain", "--reason", "new disk", ""}).living, Living::backends);
    EXPECT_EQ(at({"explain", "sh"}).living, Living::vips);
    EXPECT_EQ(at({"timeline", "--vip="}).living, Living::vips);
    EXPECT_EQ(at({"rollback", ""}).living, Living::generations);
    EXPECT_EQ(at({"show", "--generation", ""}).living, Living::generations);
    EXPECT_TRUE(at({"show", "--effective", ""}).files);
    EXPECT_EQ(at({"explain", "shop", ""}).living, Living::none);
    EXPECT_EQ(at({"note", ""}).living, Living::none);
}

TEST_F(Completing, OffersVerbsOfAVerbThatHasSome) {
    EXPECT_THAT(words({"vip", ""}), ElementsAre("list", "show"));
}

TEST_F(Completing, OffersOptionsWhereNothingElseIsDue) {
    EXPECT_THAT(words({"drain", "web/web-1", ""}), Contains("--reason"));
    EXPECT_THAT(words({"drain", "--", "web/web-1", ""}), IsEmpty());
}

TEST_F(Completing, HasNothingToSayWhereTextIsFree) {
    const auto found = at({"apply", "--comment", ""});
    EXPECT_THAT(found.choices, IsEmpty());
    EXPECT_EQ(found.living, Living::none);
}

TEST_F(Completing, TakesNothingAtAll) {
    EXPECT_EQ(at({}).choices.size(), line.actions.size());
}

}  // namespace
}  // namespace lb::cli
