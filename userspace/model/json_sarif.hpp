// SPDX-License-Identifier: Apache-2.0
/// Findings as SARIF 2.1.0 (OASIS Static Analysis Results Interchange Format).
#pragma once

#include <string>
#include <vector>

#include "model/finding.hpp"

namespace lb::json {

struct SarifRule {
    std::string id;
    std::string title;
    Severity severity;
};

/// `filename` as the artifact's location; `rules` are all that were looked for.
std::string print_sarif(const Review& review, const std::string& filename,
                        const std::vector<SarifRule>& rules);

}  // namespace lb::json
