// SPDX-License-Identifier: Apache-2.0
/// suggest: did you mean ...?
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace lb::config {

/// The one of `known` that `word` was probably meant to be: at most two edits away, or one is the
/// beginning of the other.  Empty: none is near.
std::string nearest(std::string_view word, const std::vector<std::string>& known);

}  // namespace lb::config
