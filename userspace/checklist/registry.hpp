// SPDX-License-Identifier: Apache-2.0
/// registry: the table of all rules, and the one way a configuration is judged.
///
///     const auto findings = checklist::review(config::read(text, files), today);
///
/// lbctl and lbd both do this, so lbd accepts nothing that `lbctl check` calls an error.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "checklist/rules.hpp"
#include "model/finding.hpp"

namespace lb::checklist {

struct Rule {
    std::string_view id;
    Severity severity;
    std::string_view title;
    void (*apply)(const Spec&, Report&);  ///< nullptr: found elsewhere, by config/ or personas/
    bool is_tried = false;                ///< by `lbctl test`, not found by reading
};

/// Every rule, once, sorted by id.  lbctl, lbd, docs/rules and the tests walk this table.
std::span<const Rule> rules();

/// What reading found and what the rules find, without what is allowed.  `today` is for rules about
/// dates (UTC); without one they keep quiet: a stored generation is not wrong because time has
/// passed.
Review review(const Reading& reading, std::optional<Date> today);

/// docs/rules/README.md.
std::string index();

}  // namespace lb::checklist
