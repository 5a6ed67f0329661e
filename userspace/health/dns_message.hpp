// SPDX-License-Identifier: Apache-2.0
/// The two DNS messages of a check (RFC 1035): the query that is sent, and what a reply means.
/// Pure.  Names are written and messages are parsed by libresolv.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "health/definition.hpp"
#include "model/health.hpp"

namespace lb::health {

/// One question, recursion desired; nothing if `name` is no domain name.
std::optional<std::string> dns_query(const Question& question, std::uint16_t id);

/// Nothing if the message is no reply to this question.  A truncated reply passes: that the server
/// answers is what was asked.
std::optional<CheckResult> judge_dns(std::string_view message, const Question& question,
                                     std::uint16_t id);

}  // namespace lb::health
