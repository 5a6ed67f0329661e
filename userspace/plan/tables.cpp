// SPDX-License-Identifier: Apache-2.0
#include "plan/tables.hpp"

#include <algorithm>
#include <set>

#include "base/in_order.hpp"
#include "plan/drain.hpp"
#include "plan/places.hpp"
#include "plan/vips.hpp"

namespace lb::plan {
namespace {

/// Names and identities are no secrets and the same on every host: a fixed key.
constexpr Seed kNameKey{};

std::uint32_t birth_of(std::uint64_t generation) {
    const auto birth = static_cast<std::uint32_t>(generation & LB_BACKEND_BIRTH_MASK);
    return birth == 0 ? 1 : birth;
}

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
    for (const auto& [front, standing] : standings) {
        const auto& pool = spec.pools.at(front.pool);
        InOrder specs{pool.backends};
        for (const auto& [name, its] : standing.backends) {
            BackendEntry entry;
            entry.target = {front, name};
            entry.address = specs.find(name)->address;
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
    InOrder specs{spec.backends};
    InOrder standings{standing.backends};
    std::vector<Candidate> result;
    for (; entry != tables.backends.end() && entry->target.front == front; ++entry) {
        const auto& name = entry->target.backend;
        const auto& its = *standings.find(name);
        result.push_back({entry->index, siphash(kNameKey, name),
                          static_cast<std::uint32_t>(specs.find(name)->weight), its.eligible,
                          its.share});
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
    for (const auto& entry : tables.backends)
        result.set(entry.index, entry.state != LB_BACKEND_OFF);
    for (const auto& entry : tables.leaving)
        result.set(entry.index, entry.state != LB_BACKEND_OFF);
    return result;
}

}  // namespace lb::plan
