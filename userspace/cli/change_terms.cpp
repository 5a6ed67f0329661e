// SPDX-License-Identifier: Apache-2.0
#include "cli/change_terms.hpp"

#include <iostream>

#include <CLI/CLI.hpp>

#include "cli/views.hpp"
#include "cli/words.hpp"
#include "model/json.hpp"

namespace lb::cli {

void declare(CLI::App& app, ChangeTerms& terms) {
    app.add_option("--comment", terms.comment, "why, kept with the generation");
    app.add_option("--accept", terms.accepts, "let one rule pass for one object; repeatable")
        ->option_text("RULE:NAME")
        ->allow_extra_args(false);
    app.add_option("--reason", terms.reason, "why that is right, for --accept");
    app.add_flag("--dry-run", terms.dry_run, "say what would change");
}

Outcome<Exit> ask_for_change(const Session& session, const std::string& path,
                             std::map<std::string, std::string> body, const ChangeTerms& terms,
                             const std::string& filename) {
    body["comment"] = terms.comment;
    body["accept"] = joined(terms.accepts, ",");
    body["reason"] = terms.reason;
    body["dry_run"] = terms.dry_run ? "true" : "false";
    const auto answer = session.client().post(path, json::print_strings(body), filename);
    if (!answer) return tl::unexpected{answer.error()};
    const auto change = understand(json::parse_change(*answer));
    if (!change) return tl::unexpected{change.error()};
    std::cout << (session.format == Format::json ? json::print(*change)
                                                 : told(*change, terms.dry_run));
    return Exit::ok;
}

}  // namespace lb::cli
