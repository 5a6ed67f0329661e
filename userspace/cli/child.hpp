// SPDX-License-Identifier: Apache-2.0
/// child: runs a program of the system to its end.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"

namespace lb::cli {

/// Its standard output goes to the descriptor `out`; it reads nothing.  An Error if it cannot be
/// started or does not end well, with its last words.
Result<> run_child(const std::vector<std::string>& words, int out);

/// What it writes to standard output.
Result<std::string> output_of(const std::vector<std::string>& words);

}  // namespace lb::cli
