// SPDX-License-Identifier: Apache-2.0
#include "model/finding.hpp"

#include <algorithm>

namespace lb {

const char* text(Severity severity) {
    return severity == Severity::error ? "error" : "warning";
}

bool has_errors(const Findings& findings) {
    return std::any_of(findings.begin(), findings.end(),
                       [](const Finding& finding) { return finding.severity == Severity::error; });
}

void sort(Findings& findings) {
    std::stable_sort(findings.begin(), findings.end(), [](const Finding& a, const Finding& b) {
        return std::pair{a.where.line, a.where.column} < std::pair{b.where.line, b.where.column};
    });
}

std::string print(const Finding& finding, const std::string& filename) {
    std::string line = filename + ":";
    if (finding.where.line > 0)
        line +=
            std::to_string(finding.where.line) + ":" + std::to_string(finding.where.column) + ":";
    line += " ";
    line += std::string{text(finding.severity)} + " " + finding.rule + " ";
    if (!finding.object.empty()) line += finding.object + ": ";
    line += finding.message;
    if (!finding.fix.empty()) line += ". fix: " + finding.fix;
    return line;
}

}  // namespace lb
