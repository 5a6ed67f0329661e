// SPDX-License-Identifier: Apache-2.0
/// Who of a front may receive what: admin state x health verdict x policy -> pool mode and entries.
#pragma once

#include <map>
#include <optional>
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
        HealthVerdict health = HealthVerdict::none;
        bool is_checking = true;  ///< nothing is known, and may be soon
        bool is_backup = false;
        bool eligible = false;                    ///< may receive new flows
        lb_backend_state entry = LB_BACKEND_OFF;  ///< before drain_timeout is looked at
        int share = 1000;  ///< thousandths of its slots that it takes (Candidate)
    };
    PoolMode mode = PoolMode::normal;
    Nanoseconds enough_since = 0;  ///< since when `floor` backends are healthy; 0: they are not
    Nanoseconds many_since = 0;    ///< ... and `fail_open_exit` of the ready ones
    std::map<std::string, Backend> backends;  ///< by name
    int healthy = 0;                          ///< ready, verdict up and with a weight
    int ready = 0;               ///< who could be healthy: with a weight, backups where they serve
    int floor = 1;               ///< so many must be healthy
    bool backups_serve = false;  ///< the others are fewer than the floor
};

using Standings = std::map<Front, Standing>;

/// What a publication made of the mode of a front.
struct ModeChange {
    PoolMode before = PoolMode::normal;  ///< also of a front that was not there
    std::optional<PoolMode> after{};     ///< absent: there is no such front any more
    int healthy = 0;                     ///< now
    int ready = 0;
};

/// Fronts whose mode is another than before.
std::map<Front, ModeChange> changes_of_mode(const Standings& before, const Standings& after);

/// safety.md 3.5.  Eligible is who is ready and has the verdict up, or, in fail_open, is not
/// CHECKING any more; backups only while the others are fewer than the floor.
///
/// The mode leaves normal below the floor, but not while a ready backend is CHECKING.  It leaves
/// fail_closed at the floor; fail_open, so that not all traffic meets the first who returns, when
/// `fail_open_exit` of the ready ones are healthy, too, or the floor has held for
/// `fail_open_exit_after`.  Those who are not healthy then go OFF, with their connections; so it
/// waits for as long as the checks need to see a return, unless nobody is missing.  `before` is how
/// the front stood until now.
Standing stand(const Front& front, const Pool& pool, const HealthView& health,
               const Overrides& overrides, const Standing& before, Nanoseconds now);

/// How many must be healthy: what its pool wants of it, or `other` would; the more of both.
int stricter(const Floor& other, const Standing& standing);

/// The same front later, when nothing but time has passed.
Standing later(const Standing& standing, const Pool& pool, Nanoseconds now);

}  // namespace lb::plan
