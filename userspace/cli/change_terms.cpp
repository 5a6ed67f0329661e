// SPDX-License-Identifier: Apache-2.0
#include "cli/change_terms.hpp"

#include <iostream>

#include <CLI/CLI.hpp>

#include "cli/interruption.hpp"
#include "cli/progress.hpp"
#include "cli/views.hpp"
#include "model/json.hpp"

namespace lb::cli {
namespace {

/// Whoever waves several things through says each of them.
std::string one_alone(const std::string& accept) {
    if (accept.find(',') == std::string::npos) return {};
    return "\"" + accept + "\": expected one rule and one name, LB701:web; say --accept for each";
}

}  // namespace

void declare_accepts(CLI::App& app, std::vector<std::string>& accepts, const char* help) {
    app.add_option("--accept", accepts, help)
        ->option_text("RULE:NAME")
        ->allow_extra_args(false)
        ->check(CLI::Validator{[](std::string& word) { return one_alone(word); }, ""});
}

void declare(CLI::App& app, ChangeTerms& terms) {
    app.add_option("--comment", terms.comment, "why, kept with the generation");
    app.add_option("--change-id", terms.change_id, "of the change elsewhere: a commit, a ticket")
        ->option_text("ID");
    app.add_option("--expect-generation", terms.expected,
                   "refuse it if another one runs than the one that it was planned with")
        ->option_text("N");
    declare_accepts(app, terms.accepts, "let one rule pass for one object; repeatable");
    app.add_option("--reason", terms.reason, "why that is right, for --accept");
    app.add_flag("--dry-run", terms.dry_run, "say what would change");
}

std::string with_terms(std::map<std::string, std::string> body, const ChangeTerms& terms) {
    body["comment"] = terms.comment;
    body["change_id"] = terms.change_id;
    body["expect_generation"] = terms.expected;
    body["reason"] = terms.reason;
    body["dry_run"] = terms.dry_run ? "true" : "false";
    return json::print(json::Body{std::move(body), {{"accept", terms.accepts}}});
}

Outcome<ChangeView> ask_for_change(const Session& session, const std::string& path,
                                   std::map<std::string, std::string> body,
                                   const ChangeTerms& terms, const std::string& filename) {
    const Ticker ticker{"lbd is at it"};
    const auto answer = session.client().post(path, with_terms(std::move(body), terms), filename);
    if (!answer && interrupted(session))
        return cut_short(terms.dry_run ? "nothing is changed (--dry-run)"
                                       : "lbd goes on with the change; lbctl timeline shows what "
                                         "becomes of it");
    if (!answer) return tl::unexpected{answer.error()};
    return understand(json::parse_change(*answer));
}

void print_change(const Session& session, const ChangeView& change, const ChangeTerms& terms) {
    std::cout << (session.format == Format::json ? json::print(change)
                                                 : told(change, terms.dry_run))
              << std::flush;
}

}  // namespace lb::cli
