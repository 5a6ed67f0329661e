// SPDX-License-Identifier: Apache-2.0
#include "checklist/rules.hpp"

namespace lb::checklist {

void every_pool_has_a_check(const Spec& spec, Report& report) {
    for (const auto& [name, pool] : spec.pools)
        if (!pool.check)
            report.add(pool.where, named("pool", name), "no health_check, or one without a type",
                       "add one, e.g. health_check: {type: http, path: /healthz}; "
                       "there is no default");
}

}  // namespace lb::checklist
