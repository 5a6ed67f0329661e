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
    std::string change_id;
    std::string expected;
    bool dry_run = false;
};

/// --accept; `accepts` outlives `app`.
void declare_accepts(CLI::App& app, std::vector<std::string>& accepts, const char* help);

/// --comment, --change-id, --expect-generation, --accept, --reason, --dry-run; `terms` outlives
/// `app`.
void declare(CLI::App& app, ChangeTerms& terms);

/// The body of a request with the terms in it.
std::string with_terms(std::map<std::string, std::string> body, const ChangeTerms& terms);

/// Asks lbd at `path` for a change, with `body` and the terms.  `session` is an interruptible one.
Outcome<ChangeView> ask_for_change(const Session& session, const std::string& path,
                                   std::map<std::string, std::string> body,
                                   const ChangeTerms& terms, const std::string& filename = {});

void print_change(const Session& session, const ChangeView& change, const ChangeTerms& terms);

}  // namespace lb::cli
