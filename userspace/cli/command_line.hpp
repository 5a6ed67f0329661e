// SPDX-License-Identifier: Apache-2.0
/// command_line: the verbs of lbctl and the options of all of them, each once.
///
/// main reads it, completion walks it, lbctl(1) lists it.
#pragma once

#include <map>
#include <string>

#include "cli/verb.hpp"

namespace lb::cli {

/// What the command line says, besides the verb's own options.
struct CommandLine {
    Session session;
    std::string format = "table";
    std::string colour = "auto";
    std::string timeout = "30s";
    bool no_headers = false;
    std::map<const CLI::App*, Action> actions{};  ///< of each verb
};

/// `line` outlives `app`.
void declare(CLI::App& app, CommandLine& line);

}  // namespace lb::cli
