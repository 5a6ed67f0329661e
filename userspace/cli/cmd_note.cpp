// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/verb.hpp"
#include "model/json.hpp"

namespace lb::cli {

Action note_verb(CLI::App& app) {
    const auto text = std::make_shared<std::string>();  // shared by app and action
    app.add_option("text", *text, "one line, for those who come after")
        ->required()
        ->option_text("TEXT");
    return [text](const Session& session) -> Outcome<Exit> {
        const auto answer =
            session.client().post("/api/v1/notes", json::print_strings({{"text", *text}}));
        if (!answer) return tl::unexpected{answer.error()};
        std::cout << (session.format == Format::json ? *answer : "noted\n");
        return Exit::ok;
    };
}

}  // namespace lb::cli
