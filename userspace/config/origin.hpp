// SPDX-License-Identifier: Apache-2.0
/// origin: where each value of a canonical text comes from, as far as a file tells.
///
/// The canonical text has every key with its value and knows no `defaults`; the file has what
/// somebody wrote.  Both are looked at as trees: nothing here reads values a second time.
#pragma once

#include <string>
#include <vector>

#include "model/origin.hpp"
#include "model/spec.hpp"

namespace lb::config {

/// The values of `canonical`, without their origins.
std::vector<OriginOfValue> values(const std::string& canonical);

/// ... with them: `file` is a text without errors, and `spec` what was read from it.  What
/// `canonical` says otherwise is from elsewhere.
std::vector<OriginOfValue> origins(const std::string& canonical, const std::string& file,
                                   const Spec& spec);

/// `canonical` with the origins of its values behind each line, as comments.
std::string annotated(const std::string& canonical, const std::vector<OriginOfValue>& origins);

}  // namespace lb::config
