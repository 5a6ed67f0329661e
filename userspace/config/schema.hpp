// SPDX-License-Identifier: Apache-2.0
/// schema: the keys of the configuration file as a JSON Schema (draft-07), for editors.
///
/// What one value alone tells; what takes two (a vip's pool, timeout <= interval), and the length
/// of a duration, only `lbctl check` sees.
#pragma once

#include <string>

namespace lb::config {

/// As it stands in docs/lbd.schema.json.
std::string schema();

}  // namespace lb::config
