// SPDX-License-Identifier: Apache-2.0
/// tally.json, which the next lbd reads.
#pragma once

#include <string>

#include "base/result.hpp"
#include "model/tally.hpp"

namespace lb::json {

std::string print(const Lasting& lasting);
/// Errors name the key.  Unknown keys are ignored: a newer lbd may have written the file.
Result<Lasting> parse_lasting(const std::string& text);

}  // namespace lb::json
