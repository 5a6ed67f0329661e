// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <iostream>
#include <iterator>
#include <memory>

#include <CLI/CLI.hpp>

#include "checklist/change.hpp"
#include "checklist/fleet.hpp"
#include "checklist/format.hpp"
#include "checklist/host.hpp"
#include "cli/candidate.hpp"
#include "cli/change_terms.hpp"
#include "cli/host.hpp"
#include "cli/views.hpp"
#include "model/json.hpp"

namespace lb::cli {
namespace {

struct CheckOptions {
    std::vector<std::string> files;
    std::string filename;
    std::string format;
    std::string fail_on = "warning";
    bool host = false;
    std::string pins;
};

using Candidates = std::vector<Candidate>;

Exit exit_for(const Candidates& candidates, bool warnings_count) {
    auto exit = Exit::ok;
    for (const auto& candidate : candidates) {
        const auto& findings = candidate.review.findings;
        if (has_errors(findings)) return Exit::invalid;
        if (!findings.empty() && warnings_count) exit = Exit::negative;
    }
    return exit;
}

std::string format_of(const CheckOptions& options, const Session& session) {
    if (!options.format.empty()) return options.format;
    return session.format == Format::json ? "json" : "text";
}

std::string printed(const Candidate& candidate, const std::string& format, bool warnings_fail) {
    const auto& [filename, text, reading, review] = candidate;
    if (format == "json") return checklist::as_json(review.findings, filename);
    if (format == "sarif") return checklist::as_sarif(review, filename);
    if (format == "junit") return checklist::as_junit(review, filename, warnings_fail);
    if (format == "checklist") return checklist::as_checklist(review, filename);
    return checklist::as_text(review.findings, filename, text);
}

/// What is wrong with a combination of options; empty: nothing.
std::string mistake(const CheckOptions& options, const Session& session) {
    const auto format = format_of(options, session);
    if (options.host && format != "text" && format != "json")
        return "--host is told as text or json: other formats tell of the file alone";
    if (options.files.size() == 1) return {};
    const auto twice = std::count(options.files.begin(), options.files.end(), "-");
    if (twice > 1) return "standard input can be read once";
    if (options.host) return "--host is about one file: this host runs one configuration";
    if (!options.filename.empty()) return "--filename is about one file";
    if (format != "text")
        return "format " + format + " is about one file; several are told as text";
    return {};
}

Outcome<Candidates> read_all(const CheckOptions& options) {
    Candidates candidates;
    for (const auto& file : options.files) {
        auto candidate = read_candidate(file, options.filename);
        if (!candidate) return tl::unexpected{candidate.error()};
        candidates.push_back(std::move(*candidate));
    }
    return candidates;
}

void add(Findings found, Candidate& candidate) {
    auto& findings = candidate.review.findings;
    findings.insert(findings.end(), found.begin(), found.end());
    sort(findings);
}

/// What hosts that run these files disagree about.
void compare(Candidates& candidates) {
    std::vector<checklist::Member> fleet;
    for (const auto& candidate : candidates)
        fleet.push_back({candidate.filename, candidate.reading.spec});
    const auto found = checklist::compare(fleet);
    for (std::size_t i = 0; i < candidates.size(); ++i)
        add(found[i], candidates[i]);
}

/// What nobody could look at is said aside: it is no finding, and not fine either.
void add_host(const Session& session, const CheckOptions& options, Candidate& candidate) {
    const auto& spec = candidate.reading.spec;
    for (auto& verdict : checklist::judge(look_at_host(session, spec, options.pins), spec)) {
        if (!verdict.unknown.empty())
            std::cerr << "lbctl: " << verdict.rule << " is not known: " << verdict.unknown << "\n";
        add(std::move(verdict.findings), candidate);
    }
}

/// As a change of what runs; the rules about one have no say where there is none.
void add_change(const Session& session, Candidate& candidate) {
    if (has_errors(candidate.review.findings)) return;
    ChangeTerms terms;
    terms.comment = "lbctl check";  // whoever applies it says what it is for
    const auto answer = session.client().post("/api/v1/plan", with_terms(body_of(candidate), terms),
                                              candidate.filename);
    const auto plan =
        answer ? understand(json::parse_plan(*answer)) : tl::unexpected{answer.error()};
    if (!plan) {
        std::cerr << "lbctl: what it would change is not known: " << plan.error().what << "\n";
        return;
    }
    Findings said;
    for (const auto& found : {plan->refusals, plan->warnings})
        std::copy_if(found.begin(), found.end(), std::back_inserter(said),
                     [](const Finding& each) { return checklist::is_about_changes(each.rule); });
    add(std::move(said), candidate);
}

}  // namespace

Action check_verb(CLI::App& app) {
    const auto options = std::make_shared<CheckOptions>();  // shared by app and action
    app.add_option("file", options->files,
                   "configuration; - is standard input; several: of hosts that share vips")
        ->required()
        ->option_text("FILE...");
    app.add_option("--filename", options->filename, "its name in messages")->option_text("NAME");
    app.add_option("--format", options->format, "default: text, or json as --output says")
        ->check(CLI::IsMember({"text", "json", "sarif", "junit", "checklist"}));
    app.add_option("--fail-on", options->fail_on, "error: warnings alone exit 0")
        ->check(CLI::IsMember({"warning", "error"}));
    app.add_flag("--host", options->host,
                 "judge this host for it, too, and the change of what runs");
    declare_pins(app, options->pins);
    return [options](const Session& session) -> Outcome<Exit> {
        if (const auto what = mistake(*options, session); !what.empty())
            return tl::unexpected{Failure{Exit::invalid, what, {}}};
        auto candidates = read_all(*options);
        if (!candidates) return tl::unexpected{candidates.error()};
        if (candidates->size() > 1) compare(*candidates);
        if (options->host) {
            add_host(session, *options, candidates->front());
            add_change(session, candidates->front());
        }
        const bool warnings_fail = options->fail_on == "warning";
        for (const auto& candidate : *candidates)
            std::cout << printed(candidate, format_of(*options, session), warnings_fail);
        return exit_for(*candidates, warnings_fail);
    };
}

}  // namespace lb::cli
