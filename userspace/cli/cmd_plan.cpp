// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "change/offline.hpp"
#include "checklist/format.hpp"
#include "cli/candidate.hpp"
#include "cli/change_terms.hpp"
#include "cli/views.hpp"
#include "config/print.hpp"
#include "model/json.hpp"

namespace lb::cli {
namespace {

struct PlanOptions {
    std::string file;
    std::string filename;
    std::string from;  ///< instead of what runs
    bool offline = false;
    ChangeTerms terms;
};

Exit exit_for(const PlanView& plan) {
    if (!plan.refusals.empty()) return Exit::refused;
    return plan.changed ? Exit::negative : Exit::ok;
}

Outcome<PlanView> ask(const Session& session, const PlanOptions& options,
                      const Candidate& candidate) {
    const auto answer = session.client().post(
        "/api/v1/plan", with_terms(body_of(candidate), options.terms), candidate.filename);
    if (!answer) return tl::unexpected{answer.error()};
    return understand(json::parse_plan(*answer));
}

/// The rules of today may object to what ran before; what cannot be read is no configuration.
Outcome<Candidate> former(const PlanOptions& options) {
    if (options.from == "-" && options.file == "-")
        return fail(Exit::invalid, "standard input can be read once");
    auto candidate = read_candidate(options.from, "");
    if (!candidate || !has_errors(candidate->reading.findings)) return candidate;
    return tl::unexpected{Failure{
        Exit::invalid, candidate->filename + ": invalid configuration",
        checklist::as_text(candidate->reading.findings, candidate->filename, candidate->text)}};
}

/// As lbd takes it, which gets a text that is complete.
std::variant<change::Candidate, Refusal> as_sent(const Candidate& candidate) {
    return change::adopt(config::print(candidate.reading.spec, config::Secrets::shown),
                         candidate.filename, config::no_files("a plan"));
}

Outcome<PlanView> compute(const Session& session, const PlanOptions& options,
                          const Candidate& candidate) {
    const auto before = former(options);
    if (!before) return tl::unexpected{before.error()};
    auto was = as_sent(*before), is = as_sent(candidate);
    for (auto* each : {&was, &is})
        if (auto* refusal = std::get_if<Refusal>(each))
            return tl::unexpected{failure_of(*refusal, session.verb, candidate.filename)};
    const auto& terms = options.terms;
    auto plan = change::plan_offline(
        std::get<change::Candidate>(std::move(was)), std::get<change::Candidate>(std::move(is)),
        terms.accepts, terms.reason, !terms.comment.empty() || !terms.change_id.empty());
    if (auto* refusal = std::get_if<Refusal>(&plan))
        return tl::unexpected{failure_of(*refusal, session.verb, candidate.filename)};
    return std::get<PlanView>(std::move(plan));
}

}  // namespace

Action plan_verb(CLI::App& app) {
    const auto options = std::make_shared<PlanOptions>();  // shared by app and action
    app.add_option("file", options->file, "configuration; - is standard input")
        ->required()
        ->option_text("FILE");
    app.add_option("--filename", options->filename, "its name in messages")->option_text("NAME");
    auto* offline = app.add_flag("--offline", options->offline,
                                 "against a file, as if all backends were healthy; asks no lbd");
    auto* from = app.add_option("--from", options->from, "that file; - is standard input");
    from->needs(offline)->option_text("FILE");
    offline->needs(from);
    declare(app, options->terms);
    offline->excludes(app.get_option("--expect-generation"));
    return [options](const Session& session) -> Outcome<Exit> {
        const auto candidate = read_to_send(options->file, options->filename);
        if (!candidate) return tl::unexpected{candidate.error()};
        const auto plan = options->offline ? compute(session, *options, *candidate)
                                           : ask(session, *options, *candidate);
        if (!plan) return tl::unexpected{plan.error()};
        std::cout << (session.format == Format::json
                          ? json::print(*plan)
                          : told(*plan, options->from, candidate->filename, session.style));
        return exit_for(*plan);
    };
}

}  // namespace lb::cli
