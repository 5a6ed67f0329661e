// SPDX-License-Identifier: Apache-2.0
#include "checklist/auditor.hpp"

namespace lb::checklist {

std::string days(std::chrono::system_clock::duration time) {
    const auto count = std::chrono::duration_cast<std::chrono::hours>(time).count() / 24;
    return std::to_string(count) + (count == 1 ? " day" : " days");
}

void Auditor::error(const char* what, std::string object, std::string message, std::string fix) {
    add(what, Severity::error, std::move(object), std::move(message), std::move(fix));
}

void Auditor::warning(const char* what, std::string object, std::string message, std::string fix) {
    add(what, Severity::warning, std::move(object), std::move(message), std::move(fix));
}

void Auditor::add(const char* what, Severity severity, std::string object, std::string message,
                  std::string fix) {
    found.push_back({std::string{"audit."} + what,
                     severity,
                     {},
                     std::move(object),
                     std::move(message),
                     std::move(fix)});
}

}  // namespace lb::checklist
