// SPDX-License-Identifier: Apache-2.0
/// suppress: takes out the warnings that people allow for a while (config/allowances.hpp).
#pragma once

#include <optional>

#include "checklist/registry.hpp"

namespace lb::checklist {

/// Only warnings can be allowed, each by its rule on its line, to the end of the day `until`
/// (UTC).  An allowance that is over, or allows nothing, is LB802: it would hide what comes next.
Review suppress(Findings findings, const std::vector<Allowance>& allowances,
                std::optional<Date> today);

}  // namespace lb::checklist
