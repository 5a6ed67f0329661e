// SPDX-License-Identifier: Apache-2.0
/// format: findings for people and for programs.
#pragma once

#include <string>

#include "model/finding.hpp"

namespace lb::checklist {

/// Like a compiler: one line for each finding and below it the line of `source` with a caret.  A
/// line that may hold a secret (model/secret.hpp) is not repeated.  `source` may be empty.
std::string as_text(const Findings& findings, const std::string& filename,
                    const std::string& source);

/// The JSON document of `lbctl check -o json`.
std::string as_json(const Findings& findings, const std::string& filename);

/// SARIF 2.1.0 (OASIS), for code hosts that show findings in the change; allowed ones as
/// suppressed.
std::string as_sarif(const Review& review, const std::string& filename);

/// JUnit's XML: one case for each rule.
std::string as_junit(const Review& review, const std::string& filename, bool warnings_fail);

/// The reviewed list for a merge request, in Markdown: each rule once, with what it found.
std::string as_checklist(const Review& review, const std::string& filename);

}  // namespace lb::checklist
