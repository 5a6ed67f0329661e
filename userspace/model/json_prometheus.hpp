// SPDX-License-Identifier: Apache-2.0
/// What Prometheus says of itself: https://prometheus.io/docs/prometheus/latest/querying/api/#rules
#pragma once

#include <set>
#include <string>

#include "base/result.hpp"

namespace lb::json {

/// The names of the alerting rules in an answer of /api/v1/rules.
Result<std::set<std::string>> parse_alerting_rules(const std::string& text);

}  // namespace lb::json
