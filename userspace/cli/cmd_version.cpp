// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include <CLI/CLI.hpp>

#include "cli/verb.hpp"
#include "model/json.hpp"

namespace lb::cli {

Action version_verb(CLI::App&) {
    return [](const Session& session) -> Outcome<Exit> {
        if (session.format == Format::json)
            std::cout << json::print_version(LBD_VERSION);
        else
            std::cout << "lbctl " LBD_VERSION "\n";
        return Exit::ok;
    };
}

}  // namespace lb::cli
