// SPDX-License-Identifier: Apache-2.0
/// Inheritance: what a start knows of backends from the lbd before it.
#include "daemon/daemon.hpp"
#include "plan/tables.hpp"

namespace lb::daemon {

/// By this start: the one that the state file was written under.
bool Daemon::change_is_taken_back() const {
    const auto watched = memory_.before_change.generation;
    const bool was_unrecorded = generation_ != 0 && watched > generation_;
    return watched == undone_by_start_ || was_unrecorded;
}

/// The maps know best: they were there last.  After a reboot the state file does; and of whoever
/// left, or had another check, with a change that is taken back.
HealthView Daemon::inherited_health(const Spec& spec) const {
    HealthView view;
    const auto& before = memory_.before_change;
    const bool is_taken_back = change_is_taken_back();
    const auto& known = dataplane_->layout().backends;
    for (const auto& target : targets(spec)) {
        const auto& pool = spec.pools.at(target.front.pool);
        const auto& address = pool.backends.at(target.backend).address;
        if (const auto its = before.health.find(target);
            is_taken_back && its != before.health.end()) {
            view[target] = its->second;
            continue;
        }
        const auto remembered = memory_.health.find(target);
        if (remembered != memory_.health.end()) view[target] = remembered->second;
        const auto entry = known.find(plan::identity(target, address, pool.forward));
        if (entry == known.end() || view[target].verdict == entry->second.health) continue;
        view[target] = {state_of(entry->second.health),
                        entry->second.health,
                        std::chrono::system_clock::now(),
                        "taken over from the maps",
                        {},
                        {}};
    }
    return view;
}

}  // namespace lb::daemon
