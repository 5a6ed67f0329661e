// SPDX-License-Identifier: Apache-2.0
/// repeat: what a verb shows, again and again (--watch).
#pragma once

#include <functional>
#include <string>

#include "cli/verb.hpp"

namespace lb::cli {

/// What a verb shows once.
struct Shown {
    std::string text;
    Exit exit = Exit::ok;
};
using Show = std::function<Outcome<Shown>(const Session& session)>;

/// -w, --watch, --watch=DURATION.  `every` is empty without it.
void declare_watch(CLI::App& app, std::string& every);

/// Once, or every so often until somebody ends it.  A terminal is drawn anew, from its first line;
/// elsewhere each document is one line.  The first look must succeed; later ones are tried again.
Outcome<Exit> repeat(const Session& session, const std::string& every, const Show& show);

}  // namespace lb::cli
