// SPDX-License-Identifier: Apache-2.0
/// asks_otherwise: by what a check asks for something else than the one before it.
#pragma once

#include <string>

#include "model/spec.hpp"

namespace lb::checklist {

/// "path \"/healthz\" -> \"/ready\"", or another type; empty: it asks the same.
std::string asks_otherwise(const Check& before, const Check& after);

}  // namespace lb::checklist
