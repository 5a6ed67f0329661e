// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/verb.hpp"
#include "model/json.hpp"

namespace lb::cli {

Action note_verb(CLI::App& app) {
    struct Options {
        std::string text;
        bool dry_run = false;
    };
    const auto options = std::make_shared<Options>();  // shared by app and action
    app.add_option("text", options->text, "one line, for those who come after")
        ->required()
        ->option_text("TEXT");
    app.add_flag("--dry-run", options->dry_run, "say what would be written");
    return [options](const Session& session) -> Outcome<Exit> {
        const auto answer = session.client().post(
            "/api/v1/notes",
            json::print_strings(
                {{"text", options->text}, {"dry_run", options->dry_run ? "true" : "false"}}));
        if (!answer) return tl::unexpected{answer.error()};
        const auto change = understand(json::parse_change(*answer));
        if (!change) return tl::unexpected{change.error()};
        if (session.format == Format::json)
            std::cout << json::print(*change);
        else if (options->dry_run)
            std::cout << change->after << " (not written: --dry-run)\n";
        else
            std::cout << "noted\n";
        return Exit::ok;
    };
}

}  // namespace lb::cli
