// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include <CLI/CLI.hpp>

#include "cli/repeat.hpp"
#include "cli/views.hpp"
#include "model/json.hpp"

namespace lb::cli {
namespace {

Outcome<Shown> show(const Session& session) {
    const auto status = fetch_status(session);
    if (!status) return tl::unexpected{status.error()};
    return Shown{session.format == Format::json
                     ? json::print(*status)
                     : status_screen(*status, std::chrono::system_clock::now(), session.style),
                 status->problems.empty() ? Exit::ok : Exit::negative};
}

}  // namespace

Action status_verb(CLI::App& app) {
    const auto every = std::make_shared<std::string>();  // shared by app and action
    declare_watch(app, *every);
    return [every](const Session& session) { return repeat(session, *every, show); };
}

}  // namespace lb::cli
