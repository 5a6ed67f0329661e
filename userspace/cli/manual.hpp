// SPDX-License-Identifier: Apache-2.0
/// manual: the parts of the manual pages that list verbs, options and keys, in scdoc.
///
/// Printed from what CLI11 was told and from the table of fields; docs/man/ holds them, and a test
/// that they are not stale.
#pragma once

#include <string>

namespace CLI {
class App;
}

namespace lb::cli {

/// The options of `app` itself: those of every verb.
std::string manual_of_options(const CLI::App& app);

/// Every verb of `app`, with its arguments and options.
std::string manual_of_verbs(const CLI::App& app);

/// Every key of the configuration file.
std::string manual_of_keys();

}  // namespace lb::cli
