// SPDX-License-Identifier: Apache-2.0
/// unified: two texts -> which lines differ, as `diff -u` shows them, without its two file names.
///
/// No library that lbd uses compares lines.  Equal texts give nothing.
#pragma once

#include <string>

namespace lb::config {

std::string unified(const std::string& before, const std::string& after);

}  // namespace lb::config
