// SPDX-License-Identifier: Apache-2.0
#include <iostream>

#include <CLI/CLI.hpp>

#include "cli/verb.hpp"
#include "cli/views.hpp"
#include "model/json.hpp"

namespace lb::cli {

Action status_verb(CLI::App&) {
    return [](const Session& session) -> Outcome<Exit> {
        const auto status = fetch_status(session);
        if (!status) return tl::unexpected{status.error()};
        if (session.format == Format::json)
            std::cout << json::print(*status);
        else
            std::cout << status_screen(*status, std::chrono::system_clock::now(), session.style);
        return status->problems.empty() ? Exit::ok : Exit::negative;
    };
}

}  // namespace lb::cli
