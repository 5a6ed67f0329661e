// SPDX-License-Identifier: Apache-2.0
/// A configuration file as `check` and `apply` see it, before lbd does.
#pragma once

#include <string>

#include "cli/failure.hpp"
#include "model/finding.hpp"

namespace lb::cli {

struct Candidate {
    std::string filename;  ///< for messages
    std::string text;      ///< as it is in the file
    Reading reading;       ///< the spec, and what reading it found
    Review review;         ///< what reading it and all rules found
};

/// Reads and judges `path` ("-": standard input) with the code that lbd uses.  `{file: PATH}` is
/// relative to the folder of the file, to the working folder for "-".  `shown_as` replaces the
/// name in messages unless it is empty.
Outcome<Candidate> read_candidate(const std::string& path, const std::string& shown_as);

}  // namespace lb::cli
