// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/change_terms.hpp"
#include "cli/interruption.hpp"

namespace lb::cli {
namespace {

struct RollbackOptions {
    std::string generation;
    ChangeTerms terms;
};

}  // namespace

Action rollback_verb(CLI::App& app) {
    const auto options = std::make_shared<RollbackOptions>();  // shared by app and action
    app.add_option("generation", options->generation,
                   "which; default: the newest before the running one that was not rolled back")
        ->option_text("[N]");
    declare(app, options->terms);
    return [options](const Session& asked) -> Outcome<Exit> {
        const Interruption interruption;
        const auto session = interruption.ends(asked);
        const auto change = ask_for_change(session, "/api/v1/rollback",
                                           {{"generation", options->generation}}, options->terms);
        if (!change) return tl::unexpected{change.error()};
        print_change(session, *change, options->terms);
        return Exit::ok;
    };
}

}  // namespace lb::cli
