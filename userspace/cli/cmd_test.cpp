// SPDX-License-Identifier: Apache-2.0
/// test: can the checks of a configuration fail, and can they pass?
#include <algorithm>
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>
#include <sys/resource.h>

#include "base/file.hpp"
#include "checklist/format.hpp"
#include "cli/candidate.hpp"
#include "cli/progress.hpp"
#include "cli/trials.hpp"
#include "cli/verb.hpp"
#include "model/json_trial.hpp"
#include "personas/trials.hpp"

namespace lb::cli {
namespace {

struct TestOptions {
    std::string file;
    std::string filename;
    std::string junit;
};

/// What the rules of group 2xx say about a check is what the trials show.
bool is_about_quality(const Finding& finding) {
    return finding.rule.starts_with("LB2");
}

bool can_be_tried(const Findings& findings) {
    return std::all_of(findings.begin(), findings.end(), [](const Finding& finding) {
        return finding.severity == Severity::warning || is_about_quality(finding);
    });
}

/// Warnings are for `check`.
void keep_errors(Findings& findings) {
    std::erase_if(findings,
                  [](const Finding& finding) { return finding.severity == Severity::warning; });
}

/// Each persona has a few sockets of its own.
void raise_descriptor_limit() {
    rlimit descriptors{};
    getrlimit(RLIMIT_NOFILE, &descriptors);
    descriptors.rlim_cur = descriptors.rlim_max;
    setrlimit(RLIMIT_NOFILE, &descriptors);
}

void print(const TestView& test, const Candidate& candidate, const Session& session) {
    if (session.format == Format::json) {
        std::cout << json::print(test);
        return;
    }
    std::cout << print(trial_table(test), session.style) << trial_summary(test)
              << checklist::as_text(test.findings, candidate.filename, candidate.text);
}

Outcome<Exit> test(const Session& session, const TestOptions& options) {
    auto candidate = read_candidate(options.file, options.filename);
    if (!candidate) return tl::unexpected{candidate.error()};
    auto& findings = candidate->review.findings;
    keep_errors(findings);
    TestView view;
    const bool is_valid = findings.empty(), is_tried = can_be_tried(findings);
    if (is_tried) {
        raise_descriptor_limit();
        const Ticker ticker{"the checks are tried"};
        view = personas::try_all(candidate->reading.spec);
    }
    view.findings.insert(view.findings.begin(), findings.begin(), findings.end());
    sort(view.findings);
    print(view, *candidate, session);
    if (!is_tried) return Exit::invalid;
    if (!options.junit.empty())
        if (const auto done = replace_file(options.junit, as_junit(view), 0644); !done)
            return tl::unexpected{Failure{Exit::failed, done.error().what, {}}};
    return has_mismatch(view) ? Exit::negative : is_valid ? Exit::ok : Exit::invalid;
}

}  // namespace

Action test_verb(CLI::App& app) {
    const auto options = std::make_shared<TestOptions>();  // shared by app and action
    app.add_option("file", options->file, "configuration; - is standard input")
        ->required()
        ->option_text("FILE");
    app.add_option("--filename", options->filename, "its name in messages")->option_text("NAME");
    app.add_option("--junit", options->junit, "also a report for CI servers")->option_text("FILE");
    return [options](const Session& session) { return test(session, *options); };
}

}  // namespace lb::cli
