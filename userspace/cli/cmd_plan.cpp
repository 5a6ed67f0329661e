// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "checklist/format.hpp"
#include "cli/candidate.hpp"
#include "cli/change_terms.hpp"
#include "cli/views.hpp"
#include "model/json.hpp"

namespace lb::cli {
namespace {

struct PlanOptions {
    std::string file;
    std::string filename;
    ChangeTerms terms;
};

Exit exit_for(const PlanView& plan) {
    if (!plan.refusals.empty()) return Exit::refused;
    return plan.changed ? Exit::negative : Exit::ok;
}

}  // namespace

Action plan_verb(CLI::App& app) {
    const auto options = std::make_shared<PlanOptions>();  // shared by app and action
    app.add_option("file", options->file, "configuration; - is standard input")
        ->required()
        ->option_text("FILE");
    app.add_option("--filename", options->filename, "its name in messages")->option_text("NAME");
    declare(app, options->terms);
    return [options](const Session& session) -> Outcome<Exit> {
        const auto candidate = read_to_send(options->file, options->filename);
        if (!candidate) return tl::unexpected{candidate.error()};
        const auto answer = session.client().post(
            "/api/v1/plan", with_terms(body_of(*candidate), options->terms), candidate->filename);
        if (!answer) return tl::unexpected{answer.error()};
        const auto plan = understand(json::parse_plan(*answer));
        if (!plan) return tl::unexpected{plan.error()};
        std::cout << (session.format == Format::json
                          ? json::print(*plan)
                          : told(*plan, candidate->filename, session.style));
        return exit_for(*plan);
    };
}

}  // namespace lb::cli
