// SPDX-License-Identifier: Apache-2.0
#include "cli/trials.hpp"

#include <gtest/gtest.h>

#include "model/json_trial.hpp"

namespace lb::cli {
namespace {

using namespace std::chrono_literals;

TestView some() {
    const TrialView ok{"ok", "UP", "UP", "ok", 1200ms, TrialResult::ok, ""};
    const TrialView wide{"status-503", "DOWN", "UP", "ok", 5600ms, TrialResult::mismatch, ""};
    const TrialView blind{"wrong-body",
                          "any",
                          "UP",
                          "ok",
                          5600ms,
                          TrialResult::cannot_see,
                          "add <body> & \"header\""};
    const TrialView none{"slow", "DOWN", "", "", 0ms, TrialResult::not_tested, "no socket"};
    return {{{{"shop", "web"}, CheckType::http, {7, 3}, {ok, wide, blind, none}}}, {}};
}

TEST(TrialTable, SaysWhatWasExpectedAndWhatWasSeen) {
    EXPECT_EQ(print(trial_table(some()), {}),
              "POOL       CHECK  PERSONA     EXPECTED    TIME  SEEN  RESULT\n"
              "shop, web  http   ok          UP        1.20 s  UP    ok\n"
              "shop, web  http   status-503  DOWN      5.60 s  UP    mismatch\n"
              "shop, web  http   wrong-body  any       5.60 s  UP    cannot see: add <body> & "
              "\"header\"\n"
              "shop, web  http   slow        DOWN           -  -     not tested: no socket\n");
}

TEST(TrialSummary, CountsNothingAsPassedThatDidNotPass) {
    EXPECT_EQ(trial_summary(some()),
              "4 trials: 1 ok, 1 that a check cannot see, 1 mismatches, 1 not tested\n");
    EXPECT_TRUE(has_mismatch(some()));
    EXPECT_FALSE(has_mismatch({}));
}

TEST(Junit, HasASuiteForEachCheckAndACaseForEachPersona) {
    EXPECT_EQ(as_junit(some()),
              R"(<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
    <testsuite name="health check of shop, web" tests="4" failures="1" skipped="2" errors="0">
        <testcase classname="health check of shop, web" name="ok" time="1.20"/>
        <testcase classname="health check of shop, web" name="status-503" time="5.60">
            <failure message="expected DOWN, saw UP"/>
        </testcase>
        <testcase classname="health check of shop, web" name="wrong-body" time="5.60">
            <skipped message="cannot see: add &lt;body&gt; &amp; &quot;header&quot;"/>
        </testcase>
        <testcase classname="health check of shop, web" name="slow" time="0.00">
            <skipped message="not tested: no socket"/>
        </testcase>
    </testsuite>
</testsuites>
)");
}

TEST(TrialDocument, NamesTheResultInOneWord) {
    const auto text = json::print(some());
    for (const auto* part : {R"("schema_version": 1)", R"("result": "cannot_see")",
                             R"("time_ms": 5600.0)", R"("type": "http")", R"("line": 7)"})
        EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
}

}  // namespace
}  // namespace lb::cli
