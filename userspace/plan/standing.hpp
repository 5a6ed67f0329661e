// SPDX-License-Identifier: Apache-2.0
/// Who of a pool may receive what: admin state x health state x all_down -> pool mode and entries.
#pragma once

#include <map>
#include <string>

#include "model/tables.hpp"

namespace lb::plan {

/// Where overrides by hand (drain, ready, maint) win over the file's `state`.
using Overrides = std::map<BackendId, AdminState>;

enum class PoolMode { normal, fail_open, fail_closed };
const char* text(PoolMode mode);

struct Standing {
    struct Backend {
        AdminState admin = AdminState::ready;
        HealthState health = HealthState::checking;
        bool eligible = false;                    ///< may receive new flows
        lb_backend_state entry = LB_BACKEND_OFF;  ///< before drain_timeout is looked at
        int share = 1000;  ///< thousandths of its slots that it takes (Candidate)
    };
    PoolMode mode = PoolMode::normal;
    std::map<std::string, Backend> backends;
    int healthy = 0;  ///< ready, UP and with a weight
    int ready = 0;
};

using Standings = std::map<std::string, Standing>;  ///< by pool

/// safety.md 3.5: eligible = ready and (UP, or the pool's mode is fail_open and it has concluded).
/// The mode leaves normal only when no ready backend is CHECKING any more, and comes back with the
/// first healthy one; `before` is the mode until now.
Standing stand(const std::string& name, const Pool& pool, const HealthView& health,
               const Overrides& overrides, PoolMode before);

}  // namespace lb::plan
