// SPDX-License-Identifier: Apache-2.0
/// format: findings for people and for programs.
#pragma once

#include <string>

#include "model/finding.hpp"

namespace lb::checklist {

/// Like a compiler: one line for each finding and below it the line of `source` with a caret.  A
/// line that holds a seed is not repeated.  `source` may be empty.
std::string as_text(const Findings& findings, const std::string& filename,
                    const std::string& source);

/// The JSON document of `lbctl check -o json`.
std::string as_json(const Findings& findings, const std::string& filename);

}  // namespace lb::checklist
