// SPDX-License-Identifier: Apache-2.0
/// allowances: the comments in which people say that they live with a warning, and until when.
///
///     health_check: {type: tcp, fall: 1}  # lbctl:allow LB304 until=2027-01-31 reason="CHG-118"
///
/// On a line of its own the comment is about the next line that holds something.
#pragma once

#include <string>

#include "model/finding.hpp"

namespace lb::config {

/// Adds to `reading` the allowances in `text`; what looks like one and is none is LB802.
void read_allowances(const std::string& text, Reading& reading);

}  // namespace lb::config
