// SPDX-License-Identifier: Apache-2.0
/// Finding: what is wrong with a configuration, where, and the way out.
///
///     lbd.yaml:14:7: error LB101 backend "web/web-3": unknown key "wieght". fix: did you mean
///     "weight"?
#pragma once

#include <string>
#include <vector>

#include "base/date.hpp"
#include "model/spec.hpp"

namespace lb {

enum class Severity { warning, error };

struct Finding {
    std::string rule;  ///< "LB101"
    Severity severity = Severity::error;
    Where where;          ///< line 0: it is about no line
    std::string object;   ///< "pool \"web\"", may be empty
    std::string message;  ///< without the object
    std::string fix;
};

using Findings = std::vector<Finding>;

/// What people say about a warning of theirs: they live with it, and until when.
struct Allowance {
    std::string rule;
    Date until;
    std::string reason;
    Where where;   ///< of itself
    int line = 0;  ///< that it is about
};

/// A warning that is allowed.
struct Allowed {
    Finding finding;
    Date until;
    std::string reason;
};

/// What reading a file gave: as much of the spec as made sense, and everything that did not.
struct Reading {
    Spec spec;
    Findings findings;
    std::vector<Allowance> allowances{};
};

/// What was found in a file.
struct Review {
    Findings findings;             ///< sorted by place
    std::vector<Allowed> allowed;  ///< that are none of them
};

const char* text(Severity);  ///< "warning", "error"
bool has_errors(const Findings& findings);
/// By place; what is at one place keeps its order.
void sort(Findings& findings);

/// The line above.
std::string print(const Finding& finding, const std::string& filename);

}  // namespace lb
