// SPDX-License-Identifier: Apache-2.0
/// The state file, which the next lbd reads, and a generation's meta.json.
#pragma once

#include <string>

#include "base/result.hpp"
#include "model/memory.hpp"

namespace lb::json {

std::string print(const Memory& memory);
/// Errors name the key.  Unknown keys are ignored: a newer lbd may have written the file.
Result<Memory> parse_memory(const std::string& text);

std::string print(const GenerationMeta& meta);
Result<GenerationMeta> parse_meta(const std::string& text);

}  // namespace lb::json
