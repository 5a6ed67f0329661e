// SPDX-License-Identifier: Apache-2.0
/// What every change of the configuration may be given, and what is said about it afterwards.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "cli/verb.hpp"

namespace lb::cli {

struct ChangeTerms {
    std::string comment;
    std::vector<std::string> accepts;
    std::string reason;
    bool dry_run = false;
};

/// --comment, --accept, --reason, --dry-run; `terms` outlives `app`.
void declare(CLI::App& app, ChangeTerms& terms);

/// Asks lbd at `path` for a change, with `body` and the terms, and prints what came of it.
Outcome<Exit> ask_for_change(const Session& session, const std::string& path,
                             std::map<std::string, std::string> body, const ChangeTerms& terms,
                             const std::string& filename = {});

}  // namespace lb::cli
