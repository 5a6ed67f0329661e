// SPDX-License-Identifier: Apache-2.0
#include "checklist/succession.hpp"

#include <algorithm>
#include <map>
#include <span>

namespace lb::checklist {
namespace {

/// By the pools before and after.
using Found = std::map<std::pair<std::string, std::string>, Succession>;

Succession& of(Found& found, const std::string& before, const std::string& after) {
    auto& its = found[{before, after}];
    its.before = before;
    its.after = after;
    return its;
}

using ByAddress = std::multimap<Address, const Vip*>;

ByAddress by_address(const Spec& spec) {
    ByAddress found;
    for (const auto& [name, vip] : spec.vips)
        found.emplace(vip.address, &vip);
    return found;
}

/// Those of `all` that get packets which are `vip`'s.
std::vector<const Vip*> meeting(const ByAddress& all, const Vip& vip) {
    std::vector<const Vip*> found;
    const auto [first, last] = all.equal_range(vip.address);
    for (auto it = first; it != last; ++it)
        if (it->second->protocol == vip.protocol && it->second->ports.meets(vip.ports))
            found.push_back(it->second);
    return found;
}

void follow_vips(const Spec& before, const Spec& after, Found& found) {
    const auto old = by_address(before), now = by_address(after);
    for (const auto& [name, vip] : after.vips) {
        auto ancestors = meeting(old, vip);
        if (const auto namesake = before.vips.find(name); ancestors.empty() &&
                                                          namesake != before.vips.end() &&
                                                          meeting(now, namesake->second).empty())
            ancestors.push_back(&namesake->second);
        for (const auto* ancestor : ancestors)
            of(found, ancestor->pool, vip.pool).vips.insert(name);
    }
}

/// A backend of a pool, by its address.
struct Place {
    Address address;
    const std::string *pool, *backend;
};

/// Sorted by address, as all that follow.  On the way back there is no time for nodes of sets, and
/// little for those of ten thousand backends: they are looked at once.
std::vector<Place> places(const Spec& spec, const std::string& pool) {
    std::vector<Place> found;
    const auto its = spec.pools.find(pool);
    if (its == spec.pools.end()) return found;
    found.reserve(its->second.backends.size());
    for (const auto& [name, backend] : its->second.backends)
        found.push_back({backend.address, &its->first, &name});
    std::ranges::stable_sort(found, {}, &Place::address);
    return found;
}

void add_others(std::vector<Place>& found, const std::vector<Place>& all,
                const std::vector<Place>& known) {
    std::ranges::copy_if(all, std::back_inserter(found), [&](const Place& place) {
        return !std::ranges::binary_search(known, place.address, {}, &Place::address);
    });
}

/// Who left a pool, and who came to one, as the pools are called.
struct Passage {
    std::vector<Place> left, came;
};

Passage passage(const Spec& before, const Spec& after) {
    Passage found;
    const auto look = [&](const std::string& pool) {
        const auto were = places(before, pool), are = places(after, pool);
        add_others(found.left, were, are);
        add_others(found.came, are, were);
    };
    for (const auto& [name, pool] : before.pools)
        look(name);
    for (const auto& [name, pool] : after.pools)
        if (!before.pools.contains(name)) look(name);
    std::ranges::stable_sort(found.left, {}, &Place::address);
    std::ranges::stable_sort(found.came, {}, &Place::address);
    return found;
}

/// One address that left pools and came to pools: which from which.  Where vips went the same way
/// they tell; where they do not, each came from all.
template <class Visit>
void for_moves(const Found& by_vips, std::span<const Place> left, std::span<const Place> came,
               Visit visit) {
    const auto went = [&](const Place& from, const Place& to) {
        return by_vips.contains({*from.pool, *to.pool});
    };
    for (const auto& from : left)
        for (const auto& to : came) {
            const bool is_told =
                std::any_of(came.begin(), came.end(), [&](auto& any) { return went(from, any); }) ||
                std::any_of(left.begin(), left.end(), [&](auto& any) { return went(any, to); });
            if (went(from, to) || !is_told) visit(from, to);
        }
}

void follow_backends(const Spec& before, const Spec& after, Found& found) {
    const auto [left, came] = passage(before, after);
    const auto by_vips = found;
    for (auto here = came.begin(); here != came.end();) {
        const auto next = std::ranges::upper_bound(came, here->address, {}, &Place::address);
        const auto from = std::ranges::lower_bound(left, here->address, {}, &Place::address);
        const auto until = std::ranges::upper_bound(left, here->address, {}, &Place::address);
        for_moves(by_vips, {from, until}, {here, next}, [&](const Place& old, const Place& is) {
            of(found, *old.pool, *is.pool).backends.insert(*is.backend);
        });
        here = next;
    }
}

std::string list(const char* kind, const std::set<std::string>& names) {
    if (names.size() > 1) return std::to_string(names.size()) + " " + kind + "s";
    return std::string{kind} + " \"" + *names.begin() + "\"";
}

}  // namespace

std::string Succession::text() const {
    return (vips.empty() ? list("backend", backends) : list("vip", vips)) + " from pool \"" +
           before + "\"";
}

std::vector<Succession> successions(const Spec& before, const Spec& after) {
    Found found;
    for (const auto& [name, pool] : after.pools)
        if (before.pools.contains(name)) of(found, name, name);
    follow_vips(before, after, found);
    follow_backends(before, after, found);
    std::vector<Succession> all;
    for (auto& [pools, its] : found)
        all.push_back(std::move(its));
    return all;
}

bool is_checked(const Pool& pool) {
    return pool.check && !pool.check->is_none();
}

bool loses_its_check(const Succession& succession, const Spec& before, const Spec& after) {
    return is_checked(before.pools.at(succession.before)) &&
           !is_checked(after.pools.at(succession.after));
}

}  // namespace lb::checklist
