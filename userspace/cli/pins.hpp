// SPDX-License-Identifier: Apache-2.0
/// The pins of a dead lbd: links and maps that live on in a bpf file system.
#pragma once

#include <string>
#include <vector>

#include "base/result.hpp"

namespace lb::cli {

/// Everything below `folder`, links first, folders after what they hold; the order of removal.
/// Empty if there is no such folder.  An error if it is not on a bpf file system: what is removed
/// here can only be a pin.
Result<std::vector<std::string>> pins_in(const std::string& folder);

/// Removes them one by one; stops at the first that stays and says which.  No program of a link
/// runs when this returns.
Result<> remove_pins(const std::vector<std::string>& pins);

}  // namespace lb::cli
