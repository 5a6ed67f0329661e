// SPDX-License-Identifier: Apache-2.0
/// validate: what no single key can tell, and nobody can do without: that names lead somewhere.
/// Whether a configuration is a good one is the checklist's to say.
#pragma once

#include "model/finding.hpp"

namespace lb::config {

/// LB110: a vip's pool exists.  LB111: it is known which port of a backend is checked.
void check_references(const Spec& spec, Findings& found);

}  // namespace lb::config
