// SPDX-License-Identifier: Apache-2.0
#include "plan/tables.hpp"

#include <algorithm>
#include <set>

#include "base/first_fit.hpp"
#include "plan/drain.hpp"

namespace lb::plan {
namespace {

/// Names and identities are no secrets and the same on every host: a fixed key.
constexpr Seed kNameKey{};

std::uint32_t birth_of(std::uint64_t generation) {
    const auto birth = static_cast<std::uint32_t>(generation & LB_BACKEND_BIRTH_MASK);
    return birth == 0 ? 1 : birth;
}

Error no_room(const char* what, std::uint32_t limit) {
    return Error{std::string{"no room for another "} + what + ": node.limits has " +
                 std::to_string(limit) + "; raise it and restart lbd after `lbctl detach`"};
}

/// Hands out the lowest numbers that are not taken.
class Free {
public:
    explicit Free(std::uint32_t limit) : is_taken_(limit, false) {}

    void occupy(std::uint32_t number) {
        if (number < is_taken_.size()) is_taken_[number] = true;
    }
    std::optional<std::uint32_t> take() {
        const auto found = std::find(is_taken_.begin() + next_, is_taken_.end(), false);
        next_ = found - is_taken_.begin();
        if (found == is_taken_.end()) return std::nullopt;
        return static_cast<std::uint32_t>(next_++);
    }

private:
    std::vector<bool> is_taken_;
    std::ptrdiff_t next_ = 0;
};

Nanoseconds in_nanoseconds(milliseconds time) {
    return static_cast<Nanoseconds>(std::chrono::nanoseconds{time}.count());
}

Free free_indexes(const Layout& layout) {
    Free indexes{std::min(layout.limits.backends, std::uint32_t{LB_SLOT_NONE})};
    for (const auto index : layout.retiring)
        indexes.occupy(index);
    for (const auto& [its_identity, backend] : layout.backends)
        indexes.occupy(backend.index);
    return indexes;
}

Result<> place_guests(const std::vector<Guest>& guests, const Layout& layout, Free& indexes,
                      Tables& tables) {
    for (const auto& guest : guests) {
        BackendEntry entry;
        entry.target = guest.target;
        entry.address = guest.address;
        entry.identity = identity(guest.target, guest.address, guest.forward);
        entry.forward = guest.forward;
        entry.birth = birth_of(tables.generation);
        const auto leaving = layout.backends.find(entry.identity);
        const auto index = leaving != layout.backends.end() ? std::optional{leaving->second.index}
                                                            : indexes.take();
        if (!index) return no_room("backend", layout.limits.backends);
        entry.index = *index;
        tables.guests.push_back(std::move(entry));
    }
    return {};
}

Result<> place_backends(const Spec& spec, const Standings& standings, const Layout& layout,
                        Nanoseconds now, Free& indexes, Tables& tables) {
    tables.backends.reserve(layout.backends.size());  // about: most stay
    for (const auto& [front, standing] : standings)
        for (const auto& [name, its] : standing.backends) {
            const auto& pool = spec.pools.at(front.pool);
            BackendEntry entry;
            entry.target = {front, name};
            entry.address = pool.backends.at(name).address;
            entry.identity = identity(entry.target, entry.address, pool.forward);
            entry.forward = pool.forward;
            entry.health = its.health;
            entry.drain_timeout = in_nanoseconds(pool.drain_timeout);
            const auto old = layout.backends.find(entry.identity);
            const bool known = old != layout.backends.end();
            const auto drained =
                drain(its.entry, known ? old->second.drain_until : 0, entry.drain_timeout, now);
            entry.state = drained.state;
            entry.drain_until = drained.until;
            if (known) {
                entry.index = old->second.index;
                entry.birth = old->second.birth;
            } else {
                const auto index = indexes.take();
                if (!index) return no_room("backend", layout.limits.backends);
                entry.index = *index;
                entry.birth = birth_of(tables.generation);
            }
            tables.backends.push_back(std::move(entry));
        }
    return {};
}

/// What is in the maps and not in the tables.
void let_leave(const Layout& layout, Nanoseconds now, Tables& tables) {
    std::vector<bool> stays(LB_SLOT_NONE + 1, false);  // by index, which it keeps
    for (const auto& entry : tables.backends)
        stays[entry.index] = true;
    for (const auto& [its_identity, backend] : layout.backends) {
        if (stays[backend.index]) continue;
        const auto wanted = backend.state == LB_BACKEND_OFF ? LB_BACKEND_OFF : LB_BACKEND_DRAIN;
        const auto drained = drain(wanted, backend.drain_until, backend.drain_timeout, now);
        tables.leaving.push_back({its_identity, backend.index, drained.state, drained.until});
    }
    std::ranges::sort(tables.leaving, {}, &LeavingEntry::identity);
}

/// The home backend index of every slot.
std::vector<std::uint32_t> home_of(std::span<const Candidate> members, const Pool& pool,
                                   std::uint32_t size, std::uint64_t generation, Homes& homes) {
    std::vector<Member> named;
    for (const auto& [name, backend] : pool.backends)
        named.push_back({name, static_cast<std::uint32_t>(backend.weight)});
    auto home = homes.of(generation, std::move(named), size);
    for (auto& slot : home)
        slot = slot == kNobody ? LB_SLOT_NONE : members[slot].index;
    return home;
}

std::uint32_t flags_of(const Vip& vip) {
    std::uint32_t flags = 0;
    if (vip.tracking == Tracking::always) flags |= LB_VIP_TRACK;
    if (vip.quic) flags |= LB_VIP_QUIC;
    if (vip.affinity == Affinity::source) flags |= LB_VIP_AFFINITY_SOURCE;
    if (vip.affinity == Affinity::none) flags |= LB_VIP_AFFINITY_NONE;
    return flags;
}

/// Whoever is in no list may come unless there is one of those who may.
SourceList sources_of(const Vip& vip) {
    SourceList list;
    if (vip.allow.empty() && vip.deny.empty()) return list;
    list[Prefix{}] = vip.allow.empty();
    for (const auto& prefix : vip.deny)
        list[prefix] = false;
    for (const auto& prefix : vip.allow)
        list[prefix] = true;
    return list;
}

/// The slots of a vip; where it was in the maps before, at this place, they move from there.
void fill(VipEntry& vip, std::span<const Candidate> members, const Layout::Vip* before,
          const Usable& can_be_used, Nanoseconds now) {
    if (!before) {
        for (const auto index : wanted(vip.home, members, {}))
            vip.slots.push_back(stable_slot(index));
        return;
    }
    vip.slots = before->slots;
    vip.moving_since = before->moving_since;
    if (move(vip.slots, wanted(vip.home, members, vip.slots), can_be_used)) vip.moving_since = now;
}

Result<> place_vips(const Spec& spec, Homes& homes, const Standings& standings,
                    const Layout& layout, Nanoseconds now, Tables& tables) {
    const auto can_be_used = usable(tables);
    Free numbers{layout.limits.vips};
    for (const auto& [key, vip] : layout.vips)
        numbers.occupy(vip.number);
    FirstFit ranges{0, layout.limits.slots};
    for (const auto& [key, vip] : layout.vips)
        ranges.occupy(vip.base, 2 * vip.size);
    for (const auto& [name, vip] : spec.vips) {
        VipEntry entry;
        entry.name = name;
        entry.key = {vip.address, vip.ports, vip.protocol};
        entry.size = vip.slots;
        entry.flags = flags_of(vip);
        entry.echo = vip.echo;
        entry.sources = sources_of(vip);
        const auto old = layout.vips.find(entry.key);
        const bool known = old != layout.vips.end();
        const auto number = known ? std::optional{old->second.number} : numbers.take();
        if (!number) return no_room("vip", layout.limits.vips);
        entry.number = *number;
        const bool in_place = known && old->second.size == vip.slots;
        const auto base = in_place ? std::optional{old->second.base} : ranges.take(2 * vip.slots);
        if (!base) return no_room("vip's slots", layout.limits.slots);
        entry.base = *base;

        const auto& pool = spec.pools.at(vip.pool);
        const auto front = front_of(spec, vip);
        const auto members = candidates(front, pool, standings.at(front), tables);
        entry.home = home_of(members, pool, vip.slots, tables.generation, homes);
        fill(entry, members, in_place ? &old->second : nullptr, can_be_used, now);
        tables.vips.push_back(std::move(entry));
    }
    return {};
}

}  // namespace

std::vector<Guest> guests(const Spec& spec, const Tables& published) {
    std::set<std::uint64_t> known;
    for (const auto& entry : published.backends)
        known.insert(entry.identity);
    std::vector<Guest> found;
    for (const auto& target : targets(spec)) {
        const auto& pool = spec.pools.at(target.front.pool);
        const auto& address = pool.backends.at(target.backend).address;
        if (!known.contains(identity(target, address, pool.forward)))
            found.push_back({target, address, pool.forward});
    }
    return found;
}

std::uint64_t identity(const Target& target, const Address& address, ForwardMode forward) {
    auto words = target.text();
    words.append(" ").append(address.text()).append(" ").append(text(forward));
    return siphash(kNameKey, words);
}

std::vector<Candidate> candidates(const Front& front, const Pool& spec, const Standing& standing,
                                  const Tables& tables) {
    // The entries lie in the order of their targets, and so do maglev's ordinals.
    auto entry =
        std::lower_bound(tables.backends.begin(), tables.backends.end(), Target{front, ""},
                         [](const BackendEntry& a, const Target& b) { return a.target < b; });
    std::vector<Candidate> result;
    for (; entry != tables.backends.end() && entry->target.front == front; ++entry) {
        const auto& name = entry->target.backend;
        result.push_back({entry->index, siphash(kNameKey, name),
                          static_cast<std::uint32_t>(spec.backends.at(name).weight),
                          standing.backends.at(name).eligible, standing.backends.at(name).share});
    }
    return result;
}

Result<Tables> tables(const Spec& spec, Homes& homes, const Standings& standings,
                      const Layout& layout, Moment moment, const std::vector<Guest>& guests) {
    Tables result;
    result.generation = moment.generation;
    result.drop_unmatched = spec.node.unmatched == Unmatched::drop;
    auto indexes = free_indexes(layout);
    if (const auto placed = place_backends(spec, standings, layout, moment.now, indexes, result);
        !placed)
        return placed.error();
    if (const auto placed = place_guests(guests, layout, indexes, result); !placed)
        return placed.error();
    let_leave(layout, moment.now, result);
    if (const auto placed = place_vips(spec, homes, standings, layout, moment.now, result); !placed)
        return placed.error();
    return result;
}

Usable usable(const Tables& tables) {
    Usable result;
    const auto note = [&](std::uint32_t index, lb_backend_state state) {
        if (index >= result.size()) result.resize(index + 1, false);
        result[index] = state != LB_BACKEND_OFF;
    };
    for (const auto& entry : tables.backends)
        note(entry.index, entry.state);
    for (const auto& entry : tables.leaving)
        note(entry.index, entry.state);
    return result;
}

}  // namespace lb::plan
