// SPDX-License-Identifier: Apache-2.0
#include "model/finding.hpp"

#include <algorithm>

namespace lb {

bool has_errors(const Findings& findings) {
    return std::any_of(findings.begin(), findings.end(),
                       [](const Finding& finding) { return finding.severity == Severity::error; });
}

std::string print(const Finding& finding, const std::string& filename) {
    std::string line = filename + ":" + std::to_string(finding.where.line) + ":" +
                       std::to_string(finding.where.column) + ": ";
    line += finding.severity == Severity::error ? "error " : "warning ";
    line += finding.rule + " ";
    if (!finding.object.empty()) line += finding.object + ": ";
    line += finding.message;
    if (!finding.fix.empty()) line += ". fix: " + finding.fix;
    return line;
}

}  // namespace lb
