// SPDX-License-Identifier: Apache-2.0
#include <iostream>
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/verb.hpp"
#include "model/json.hpp"

namespace lb::cli {

Action confirm_verb(CLI::App& app) {
    const auto number = std::make_shared<std::string>();  // shared by app and action
    app.add_option("generation", *number, "which; default: the running one")->option_text("[N]");
    return [number](const Session& session) -> Outcome<Exit> {
        const auto answer = session.client().post("/api/v1/confirm",
                                                  json::print_strings({{"generation", *number}}));
        if (!answer) return tl::unexpected{answer.error()};
        const auto change = understand(json::parse_change(*answer));
        if (!change) return tl::unexpected{change.error()};
        if (session.format == Format::json)
            std::cout << json::print(*change);
        else
            std::cout << "generation " << change->generation
                      << (change->state == GenerationState::verifying
                              ? " is confirmed, and stays if nothing goes wrong until its verify "
                                "window is over\n"
                              : " is confirmed\n");
        return Exit::ok;
    };
}

}  // namespace lb::cli
