// SPDX-License-Identifier: Apache-2.0
/// Forwarding: keeps the maps equal to plan(spec, health, overrides, time).
///
/// Invariant: after every call the maps hold what plan/ says about the published spec, the health
/// view and the overrides that were given last, and the time of the call.  What has to happen
/// later, because flows must be given time, is the Mover's to bring about (mover.hpp).
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/loop.hpp"
#include "dataplane/dataplane.hpp"
#include "plan/slow_start.hpp"
#include "plan/tables.hpp"

namespace lb::daemon {

/// What a change of health or admin state, or time, did to a front.
struct FrontEffect {
    plan::PoolMode before = plan::PoolMode::normal;
    plan::PoolMode after = plan::PoolMode::normal;
    int healthy = 0;
    int ready = 0;
    std::size_t slots_moved = 0;
    struct Step {
        std::string backend;
        int before = 0, after = 0;  ///< thousandths of its slots
    };
    std::vector<Step> steps{};           ///< of slow starts
    std::vector<std::string> drained{};  ///< backends whose drain_timeout is over
};

/// Hears what time does to a pool, before it does and when it has.
struct Onlooker {
    std::function<void(const std::string& pool)> before;
    std::function<void(const std::string& pool, const std::map<Front, FrontEffect>&)> after;
};

/// How many slots of a vip are on the way.
struct Motion {
    std::size_t holding_back = 0;  ///< unknown flows still belong to the backend before
    std::size_t settling = 0;      ///< only known ones do

    bool at_rest() const { return holding_back + settling == 0; }
};

class Forwarding {
public:
    Forwarding(dataplane::Dataplane& dataplane, const Seed& seed, Onlooker onlooker)
        : dataplane_{dataplane}, homes_{seed}, onlooker_{std::move(onlooker)} {}

    /// The backends of `spec` get entries beside those of the published one, where they have none,
    /// and no packets: until the next publish they are guests.
    Result<> admit(const Spec& spec, const HealthView& health, const plan::Overrides& overrides,
                   Callback settled);
    bool has_guests() const { return !tables_.guests.empty(); }
    /// For a publish that is to keep them.
    std::vector<plan::Guest> guests() const;
    /// The entry of one who is tried: a guest's, else its own.
    const BackendEntry* find_guest(const Target& target) const;

    /// Makes `spec` the published one, all or nothing.  `settled`: the next may follow.
    Result<> publish(const Spec& spec, const HealthView& health, const plan::Overrides& overrides,
                     std::uint64_t generation, Callback settled,
                     const std::vector<plan::Guest>& guests = {});

    /// The published tables once more, into maps that somebody else has changed.
    Result<> repair(const HealthView& health, const plan::Overrides& overrides);

    /// After a backend of `front` changed its health or admin state: entries first, then slots.
    FrontEffect reconsider(const Front& front, const HealthView& health,
                           const plan::Overrides& overrides);

    /// What time alone has changed: drains that are over, slow starts that go on, fronts that leave
    /// fail_open.
    void advance();

    /// Slots of `vip` (a place in tables().vips) that hold back do so no longer.
    void settle(std::size_t vip);
    /// Slots that settle come to rest, but for those at `foreign` places.
    void rest(std::size_t vip, const std::set<std::uint32_t>& foreign);
    /// These leave no more: they are gone.
    void forget(const std::vector<std::uint32_t>& leaving);

    const Spec& spec() const { return spec_; }
    /// When the maps got the tables that publish() made last.
    WallTime published_at() const { return published_at_; }
    const Tables& tables() const { return tables_; }
    const plan::Standings& standings() const { return standings_; }
    /// As they were when publish() was called last.
    const plan::Standings& standings_before() const { return standings_before_; }
    bool knows(const BackendId& id) const;
    bool knows(const Target& target) const { return find(target) != nullptr; }
    const BackendEntry* find(const Target& target) const;
    const BackendEntry* find(std::uint32_t index) const;
    /// Whether its front is healthy enough without this target, which is DOWN.
    bool spares(const Target& target) const;
    /// Those that start slowly, and how many thousandths of their slots they take.
    std::map<Target, int> partial() const;
    /// Of a place in tables().vips.
    const Motion& motion(std::size_t vip) const { return motions_.at(vip); }
    /// Changes whenever a slot of any vip gets another word, but for rest().
    std::uint64_t epoch() const { return epoch_; }

private:
    plan::Standing stand(const Front& front, const Pool& pool, const HealthView& health,
                         const plan::Overrides& overrides, const plan::Standing& before) const;
    FrontEffect change_to(const Front& front, plan::Standing next);
    bool set_shares(const Front& front, plan::Standing& standing) const;
    std::map<std::string, plan::Standings> due() const;
    void end_drains();
    bool change_entries(const Front& front, std::vector<std::string>& drained);
    void note_cold_fronts();
    std::size_t steer(std::size_t vip);
    std::size_t steer(const Front& front, bool somebody_went);
    void write(std::size_t vip, const std::vector<SlotWrite>& writes);

    dataplane::Dataplane& dataplane_;
    plan::Homes homes_;
    Onlooker onlooker_;
    Spec spec_;
    Tables tables_;                // its slots mirror the active halves
    std::vector<Motion> motions_;  // by place in tables_.vips
    plan::Standings standings_, standings_before_;
    std::set<Front> cold_;  // those that wait for their first verdicts: slots jump
    plan::SlowStart slow_start_;
    std::uint64_t epoch_ = 0;
    WallTime published_at_;
};

}  // namespace lb::daemon
