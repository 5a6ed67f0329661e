// SPDX-License-Identifier: Apache-2.0
#include "plan/eligibility.hpp"

namespace lb::plan {
namespace {

Term by_health(const Standing& standing, const Standing::Backend& backend) {
    const std::string verdict = text(backend.health);
    switch (standing.mode) {
        case PoolMode::normal:
            return {"health verdict", verdict, backend.health == HealthVerdict::up};
        case PoolMode::fail_open:
            if (backend.is_checking)
                return {"health verdict", "not known yet, not even fail_open uses it", false};
            return {"health verdict", verdict + ", which does not matter in fail_open", true};
        case PoolMode::fail_closed:
            break;
    }
    return {"health verdict", verdict + ", but fail_closed gives flows to nobody", false};
}

}  // namespace

std::vector<Term> terms(const Standing& standing, const std::string& backend) {
    const auto& its = standing.backends.at(backend);
    std::vector<Term> found{{"admin state", text(its.admin), its.admin == AdminState::ready},
                            by_health(standing, its)};
    if (its.is_backup && standing.mode == PoolMode::normal)
        found.push_back({"backup", standing.backups_serve ? "needed" : "not needed: enough others",
                         standing.backups_serve});
    return found;
}

}  // namespace lb::plan
