// SPDX-License-Identifier: Apache-2.0
/// Auditor: notes what an audit finds, and how it says how long something is.
#pragma once

#include <string>

#include "base/date.hpp"
#include "model/finding.hpp"

namespace lb::checklist {

/// "1 day", "90 days"; what is left of a day does not count.
std::string days(std::chrono::system_clock::duration time);

class Auditor {
public:
    Findings found;

    /// `what`: the rule is called audit.<what>.
    void error(const char* what, std::string object, std::string message, std::string fix);
    void warning(const char* what, std::string object, std::string message, std::string fix);

private:
    void add(const char* what, Severity severity, std::string object, std::string message,
             std::string fix);
};

}  // namespace lb::checklist
