// SPDX-License-Identifier: Apache-2.0
#include "events/severity.hpp"

#include <initializer_list>
#include <string_view>

namespace lb::events {
namespace {

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
    for (const auto each : words)
        if (word == each) return true;
    return false;
}

}  // namespace

std::optional<Severity> severity(const Event& event) {
    const std::string_view kind{event.kind};
    if (is_one_of(kind, {"drift.found", "config.unhealed"})) return Severity::error;
    if (kind == "config.rollback") return event.actor ? Severity::warning : Severity::error;
    if (is_one_of(kind, {"config.refuse", "audit.finding", "daemon.detach"}))
        return Severity::warning;
    const std::string_view state{event.state};
    if (kind == "health.transition" && is_one_of(state, {"DOWN", "STALE", "HELD_DOWN"}))
        return Severity::warning;
    if (kind == "pool.mode" && is_one_of(state, {"fail_open", "fail_closed"}))
        return Severity::error;
    if (kind == "checker.state" && state == "SUSPECT") return Severity::warning;
    if (kind == "checker.state" && state == "BROKEN") return Severity::error;
    return {};
}

}  // namespace lb::events
