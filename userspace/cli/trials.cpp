// SPDX-License-Identifier: Apache-2.0
#include "cli/trials.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include <tinyxml2.h>

#include "cli/words.hpp"

namespace lb::cli {
namespace {

std::string seconds(std::chrono::microseconds duration) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.2f",
                  std::chrono::duration<double>(duration).count());
    return text.data();
}

Ink ink_of(TrialResult result) {
    if (result == TrialResult::mismatch) return Ink::bad;
    return result == TrialResult::ok ? Ink::good : Ink::doubt;
}

/// What was seen, and what the last attempt said: "DOWN  backend.timeout".
std::string seen(const TrialView& trial) {
    if (trial.seen.empty()) return "-";
    return trial.last == text(CheckReason::ok) ? trial.seen : trial.seen + ", " + trial.last;
}

std::string verdict(const TrialView& trial) {
    std::string text = lb::text(trial.result);
    std::replace(text.begin(), text.end(), '_', ' ');
    return trial.note.empty() ? text : text + ": " + trial.note;
}

int count(const TestView& test, TrialResult result) {
    int count = 0;
    for (const auto& check : test.checks)
        for (const auto& trial : check.trials)
            count += trial.result == result;
    return count;
}

int count(const CheckTrials& check, bool (*holds)(TrialResult)) {
    return static_cast<int>(
        std::count_if(check.trials.begin(), check.trials.end(),
                      [&](const TrialView& trial) { return holds(trial.result); }));
}

bool is_failure(TrialResult result) {
    return result == TrialResult::mismatch;
}

bool is_skipped(TrialResult result) {
    return result == TrialResult::cannot_see || result == TrialResult::not_tested;
}

void print_case(tinyxml2::XMLPrinter& out, const TrialView& trial, const std::string& suite) {
    out.OpenElement("testcase");
    out.PushAttribute("classname", suite.c_str());
    out.PushAttribute("name", trial.persona.c_str());
    out.PushAttribute("time", seconds(trial.took).c_str());
    if (is_failure(trial.result)) {
        const auto message = "expected " + trial.expected + ", saw " + seen(trial);
        out.OpenElement("failure");
        out.PushAttribute("message", message.c_str());
        out.CloseElement();
    } else if (is_skipped(trial.result)) {
        out.OpenElement("skipped");
        out.PushAttribute("message", verdict(trial).c_str());
        out.CloseElement();
    }
    out.CloseElement();
}

}  // namespace

Table trial_table(const TestView& test) {
    Table table{{{"POOL", false},
                 {"CHECK", false},
                 {"PERSONA", false},
                 {"EXPECTED", false},
                 {"TIME", true},
                 {"SEEN", false},
                 {"RESULT", false}},
                {}};
    for (const auto& check : test.checks)
        for (const auto& trial : check.trials)
            table.rows.push_back({{joined(check.pools, ", ")},
                                  {text(check.type)},
                                  {trial.persona},
                                  {trial.expected},
                                  {trial.seen.empty() ? "-" : seconds(trial.took) + " s"},
                                  {seen(trial)},
                                  {verdict(trial), ink_of(trial.result)}});
    return table;
}

std::string trial_summary(const TestView& test) {
    std::size_t trials = 0;
    for (const auto& check : test.checks)
        trials += check.trials.size();
    return std::to_string(trials) + " trials: " + std::to_string(count(test, TrialResult::ok)) +
           " ok, " + std::to_string(count(test, TrialResult::cannot_see)) +
           " that a check cannot see, " + std::to_string(count(test, TrialResult::mismatch)) +
           " mismatches, " + std::to_string(count(test, TrialResult::not_tested)) + " not tested\n";
}

std::string as_junit(const TestView& test) {
    tinyxml2::XMLPrinter out;
    out.PushDeclaration(R"(xml version="1.0" encoding="UTF-8")");
    out.OpenElement("testsuites");
    for (const auto& check : test.checks) {
        const auto suite = "health check of " + joined(check.pools, ", ");
        out.OpenElement("testsuite");
        out.PushAttribute("name", suite.c_str());
        out.PushAttribute("tests", static_cast<int>(check.trials.size()));
        out.PushAttribute("failures", count(check, is_failure));
        out.PushAttribute("skipped", count(check, is_skipped));
        out.PushAttribute("errors", 0);
        for (const auto& trial : check.trials)
            print_case(out, trial, suite);
        out.CloseElement();
    }
    out.CloseElement();
    return out.CStr();
}

bool has_mismatch(const TestView& test) {
    return count(test, TrialResult::mismatch) > 0;
}

}  // namespace lb::cli
