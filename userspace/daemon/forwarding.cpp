// SPDX-License-Identifier: Apache-2.0
#include "daemon/forwarding.hpp"

#include <algorithm>

#include "plan/drain.hpp"

namespace lb::daemon {
namespace {

Nanoseconds now() {
    return static_cast<Nanoseconds>(Loop::now().time_since_epoch() / std::chrono::nanoseconds{1});
}

Motion motion_of(const VipEntry& vip) {
    Motion motion;
    for (const auto word : vip.slots) {
        if (!is_moving(word)) continue;
        ++(holds_back(word) ? motion.holding_back : motion.settling);
    }
    return motion;
}

/// Somebody who could have traffic has no verdict yet.
bool is_checking(const plan::Standing& standing) {
    return std::any_of(standing.backends.begin(), standing.backends.end(), [](const auto& each) {
        return each.second.admin == AdminState::ready && each.second.is_checking;
    });
}

bool is_normal(const plan::Standing& standing) {
    return standing.mode == plan::PoolMode::normal;
}

/// Of those who had slots already.
std::vector<FrontEffect::Step> steps(const plan::Standing& before, const plan::Standing& now) {
    std::vector<FrontEffect::Step> found;
    for (const auto& [name, its] : now.backends)
        if (const auto& was = before.backends.at(name);
            was.eligible && its.eligible && was.share != its.share)
            found.push_back({name, was.share, its.share});
    return found;
}

}  // namespace

Result<> Forwarding::publish(const Spec& spec, const HealthView& health,
                             const plan::Overrides& overrides, std::uint64_t generation,
                             Callback settled, const std::vector<plan::Guest>& guests) {
    plan::Standings standings;
    const plan::Standing none;
    for (const auto& [name, pool] : spec.pools)
        for (const auto& front : fronts(spec, name)) {
            const auto old = standings_.find(front);
            const auto& before = old == standings_.end() ? none : old->second;
            standings[front] = stand(front, pool, health, overrides, before);
        }
    auto tables =
        plan::tables(spec, homes_, standings, dataplane_.layout(), {generation, now()}, guests);
    if (!tables) return tables.error();
    const auto own = tables->backends.size();
    for (const auto& guest : tables->guests)
        if (!dataplane_.layout().backends.contains(guest.identity))
            tables->backends.push_back(guest);
    const auto done = dataplane_.publish(*tables, std::move(settled));
    if (!done) return done.error();
    published_at_ = std::chrono::system_clock::now();
    tables->backends.resize(own);
    homes_.keep(generation);
    spec_ = spec;
    tables_ = std::move(*tables);
    standings_before_ = std::exchange(standings_, std::move(standings));
    note_cold_fronts();
    motions_.clear();
    for (const auto& vip : tables_.vips)
        motions_.push_back(motion_of(vip));
    ++epoch_;
    return {};
}

Result<> Forwarding::admit(const Spec& spec, const HealthView& health,
                           const plan::Overrides& overrides, Callback settled) {
    advance();                     // or it would happen here, and nobody would tell of it
    const auto published = spec_;  // publish() replaces it
    return publish(published, health, overrides, tables_.generation, std::move(settled),
                   plan::guests(spec, tables_));
}

Result<> Forwarding::repair(const HealthView& health, const plan::Overrides& overrides) {
    const auto published = spec_;  // publish() replaces it
    return publish(published, health, overrides, tables_.generation, [] {});
}

FrontEffect Forwarding::reconsider(const Front& front, const HealthView& health,
                                   const plan::Overrides& overrides) {
    return change_to(
        front, stand(front, spec_.pools.at(front.pool), health, overrides, standings_.at(front)));
}

FrontEffect Forwarding::change_to(const Front& front, plan::Standing next) {
    auto& standing = standings_.at(front);
    const auto before = std::exchange(standing, std::move(next));
    FrontEffect effect;
    effect.before = before.mode;
    slow_start_.note(front, spec_.pools.at(front.pool), before, standing, Loop::now());
    set_shares(front, standing);
    effect.steps = steps(before, standing);
    // OFF before slots move away, READY before slots move in.
    const bool somebody_went = change_entries(front, effect.drained);
    effect.after = standing.mode;
    effect.healthy = standing.healthy;
    effect.ready = standing.ready;
    effect.slots_moved = steer(front, somebody_went);
    if (!is_checking(standing)) cold_.erase(front);
    return effect;
}

void Forwarding::advance() {
    slow_start_.advance(spec_, Loop::now());
    for (auto& [pool, fronts] : due()) {
        onlooker_.before(pool);
        std::map<Front, FrontEffect> effects;
        for (auto& [front, next] : fronts)
            effects.emplace(front, change_to(front, std::move(next)));
        onlooker_.after(pool, effects);
    }
    slow_start_.end_some();
    end_drains();
}

/// By pool, the fronts that time changes, and to what.
std::map<std::string, plan::Standings> Forwarding::due() const {
    std::set<Front> drained;
    for (const auto& entry : tables_.backends)
        if (entry.state == LB_BACKEND_DRAIN && now() >= entry.drain_until)
            drained.insert(entry.target.front);
    std::map<std::string, plan::Standings> found;
    for (const auto& [front, standing] : standings_) {
        auto next = plan::later(standing, spec_.pools.at(front.pool), now());
        const bool grows = !slow_start_.starts().empty() && set_shares(front, next);
        if (grows || next.mode != standing.mode || drained.contains(front))
            found[front.pool].emplace(front, std::move(next));
    }
    return found;
}

/// Of those that no published table has any more.
void Forwarding::end_drains() {
    bool left = false;
    for (auto& entry : tables_.leaving) {
        if (entry.state != LB_BACKEND_DRAIN || now() < entry.drain_until) continue;
        entry.state = LB_BACKEND_OFF;
        dataplane_.set_state(entry.index, entry.state, entry.drain_until);
        left = true;
    }
    if (left)
        for (std::size_t vip = 0; vip < motions_.size(); ++vip)
            if (!motions_[vip].at_rest()) steer(vip);
}

void Forwarding::settle(std::size_t vip) {
    const auto& entry = tables_.vips.at(vip);
    std::vector<SlotWrite> writes;
    for (std::uint32_t position = 0; position < entry.slots.size(); ++position)
        if (holds_back(entry.slots[position]))
            writes.push_back({position, plan::settled(entry.slots[position])});
    write(vip, writes);
    ++epoch_;
}

void Forwarding::rest(std::size_t vip, const std::set<std::uint32_t>& foreign) {
    if (motions_.at(vip).settling == 0) return;
    const auto& entry = tables_.vips.at(vip);
    std::vector<SlotWrite> writes;
    for (std::uint32_t position = 0; position < entry.slots.size(); ++position) {
        const auto word = entry.slots[position];
        if (is_moving(word) && !holds_back(word) && !foreign.contains(entry.base + position))
            writes.push_back({position, stable_slot(slot_backend(word))});
    }
    write(vip, writes);
}

void Forwarding::forget(const std::vector<std::uint32_t>& leaving) {
    std::erase_if(tables_.leaving, [&](const LeavingEntry& entry) {
        return std::find(leaving.begin(), leaving.end(), entry.index) != leaving.end();
    });
}

// ----------------------------------------------------------------------------------------- steps

plan::Standing Forwarding::stand(const Front& front, const Pool& pool, const HealthView& health,
                                 const plan::Overrides& overrides,
                                 const plan::Standing& before) const {
    auto standing = plan::stand(front, pool, health, overrides, before, now());
    set_shares(front, standing);
    return standing;
}

/// Whether one has another share now.
bool Forwarding::set_shares(const Front& front, plan::Standing& standing) const {
    bool changed = false;
    for (auto& [backend, its] : standing.backends) {
        const bool may_be_partial = its.eligible && is_normal(standing);
        const auto share =
            may_be_partial ? slow_start_.share({front, backend}) : plan::Candidate::kWhole;
        changed |= std::exchange(its.share, share) != share;
    }
    return changed;
}

/// Where nobody had flows yet, none have to be kept: or the first backend to pass its check would
/// have all datagrams for a whole window.
void Forwarding::note_cold_fronts() {
    for (const auto& [front, standing] : standings_) {
        const bool anybody =
            std::any_of(standing.backends.begin(), standing.backends.end(),
                        [](const auto& backend) { return backend.second.eligible; });
        if (!anybody && is_checking(standing)) cold_.insert(front);
    }
}

/// Their states and health, as the front stands.  True: one may have no packets any more;
/// `drained`: who was to have none of new clients before.
bool Forwarding::change_entries(const Front& front, std::vector<std::string>& drained) {
    bool somebody_went = false;
    const auto& standing = standings_.at(front);
    // The entries lie in the order of their targets.
    auto first = std::lower_bound(
        tables_.backends.begin(), tables_.backends.end(), Target{front, ""},
        [](const BackendEntry& entry, const Target& target) { return entry.target < target; });
    for (; first != tables_.backends.end() && first->target.front == front; ++first) {
        auto& entry = *first;
        const auto& its = standing.backends.at(entry.target.backend);
        const auto [state, until] =
            plan::drain(its.entry, entry.drain_until, entry.drain_timeout, now());
        if (entry.state != state || entry.drain_until != until)
            dataplane_.set_state(entry.index, state, until);
        if (entry.health != its.health) dataplane_.set_health(entry.index, its.health);
        somebody_went |= entry.state != state && state == LB_BACKEND_OFF;
        if (entry.state != state && its.entry == LB_BACKEND_DRAIN && state == LB_BACKEND_OFF &&
            entry.state == LB_BACKEND_DRAIN)
            drained.push_back(entry.target.backend);
        entry.state = state;
        entry.drain_until = until;
        entry.health = its.health;
    }
    return somebody_went;
}

/// The vips of the front; and if a backend went, those whose moving slots may still name it.
std::size_t Forwarding::steer(const Front& front, bool somebody_went) {
    std::size_t moved = 0;
    for (std::size_t i = 0; i < tables_.vips.size(); ++i)
        if (front_of(spec_, spec_.vips.at(tables_.vips[i].name)) == front ||
            (somebody_went && !motions_[i].at_rest()))
            moved += steer(i);
    return moved;
}

std::size_t Forwarding::steer(std::size_t place) {
    auto& vip = tables_.vips.at(place);
    const auto front = front_of(spec_, spec_.vips.at(vip.name));
    const auto members =
        plan::candidates(front, spec_.pools.at(front.pool), standings_.at(front), tables_);
    const auto moves = plan::moves(vip.slots, plan::wanted(vip.home, members, vip.slots),
                                   cold_.contains(front) ? plan::Usable{} : plan::usable(tables_));
    if (moves.begin) vip.moving_since = now();
    write(place, moves.writes);
    if (!moves.writes.empty()) ++epoch_;
    return moves.writes.size();
}

void Forwarding::write(std::size_t place, const std::vector<SlotWrite>& writes) {
    if (writes.empty()) return;
    auto& vip = tables_.vips.at(place);
    dataplane_.steer(vip.key, writes, vip.moving_since);
    for (const auto& [position, word] : writes)
        vip.slots[position] = word;
    motions_.at(place) = motion_of(vip);
}

}  // namespace lb::daemon
