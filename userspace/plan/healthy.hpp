// SPDX-License-Identifier: Apache-2.0
/// healthy: what a configuration alone says, as if every backend were UP.  Pure; of no host.
#pragma once

#include "base/result.hpp"
#include "plan/standing.hpp"

namespace lb::plan {

HealthView all_up(const Spec& spec);
Standings all_healthy(const Spec& spec);

/// The tables that lbd would publish into empty maps, or over those of `before`.  Fails as tables()
/// does.
Result<Tables> tables_if_healthy(const Spec& spec, const Seed& seed,
                                 const Tables* before = nullptr);

}  // namespace lb::plan
