// SPDX-License-Identifier: Apache-2.0
#include "dataplane/layout.hpp"

#include <iterator>
#include <map>
#include <set>

#include "dataplane/services.hpp"

namespace lb::dataplane {
namespace {

/// Of a backend that was in the maps before this lbd: its pool is not known.
constexpr Nanoseconds kDrainTimeout = 300'000'000'000;

using Ranges = std::map<std::uint32_t, std::uint32_t>;  // first slot -> slots, of both halves

/// False if the range is not free, or not in the map.
bool reserve(Ranges& ranges, std::uint32_t base, std::uint32_t size, std::uint32_t limit) {
    const auto after = ranges.lower_bound(base);
    if (after != ranges.end() && after->first < std::uint64_t{base} + size) return false;
    if (after != ranges.begin() && std::prev(after)->first + std::prev(after)->second > base)
        return false;
    ranges[base] = size;
    return std::uint64_t{base} + size <= limit;
}

Error refuse(const std::string& what) {
    return Error{what + " does not fit into the maps"};
}

Result<> backends_fit(const Tables& tables, const Layout& layout) {
    std::vector<bool> is_taken(layout.limits.backends, false);
    const auto take = [&](std::uint32_t index) {
        if (index >= is_taken.size() || is_taken[index]) return false;
        is_taken[index] = true;
        return true;
    };
    for (const auto index : layout.retiring)
        take(index);
    for (const auto& [identity, backend] : layout.backends)
        take(backend.index);
    for (const auto& entry : tables.backends) {
        const auto known = layout.backends.find(entry.identity);
        const bool is_free =
            known != layout.backends.end() ? known->second.index == entry.index : take(entry.index);
        if (!is_free || entry.index >= layout.limits.backends || entry.birth == 0)
            return refuse("backend " + entry.target.text());
    }
    return {};
}

Result<> vips_fit(const Tables& tables, const Layout& layout) {
    std::map<Address, std::size_t> services;
    std::set<std::uint32_t> numbers;
    Ranges ranges;
    for (const auto& [key, vip] : layout.vips) {
        numbers.insert(vip.number);
        ranges[vip.base] = 2 * vip.size;
    }
    for (const auto& vip : tables.vips) {
        const auto known = layout.vips.find(vip.key);
        const bool is_known = known != layout.vips.end();
        const bool is_free =
            is_known ? known->second.number == vip.number : numbers.insert(vip.number).second;
        const bool in_place =
            is_known && known->second.base == vip.base && known->second.size == vip.size;
        if (++services[vip.key.address] > LB_MAX_SERVICES || !is_free ||
            vip.number >= layout.limits.vips || vip.size == 0 || vip.slots.size() != vip.size ||
            !(in_place || reserve(ranges, vip.base, 2 * vip.size, layout.limits.slots)))
            return refuse("vip " + vip.name);
    }
    return {};
}

Result<> read_vip(const Maps& maps, const VipKey& key, std::uint32_t number,
                  const SourceLists& lists, Layout& layout) {
    const auto damaged = Error{"the pinned maps are damaged: vip " +
                               service_text(key.address, key.ports, key.protocol) +
                               " points outside of them; lbctl detach, then start lbd"};
    if (number >= maps.vips.size()) return damaged;
    const auto word = VipWord::of(maps.vips[number].word);
    if (std::uint64_t{word.base} + 2 * std::uint64_t{word.size} > maps.slots.size()) return damaged;
    const auto active = maps.slots.part(word.active(), word.size);
    auto& vip = layout.vips[key];
    vip = {number,
           word.base,
           word.size,
           {active.begin(), active.end()},
           maps.vips[number].moving_since,
           word.flags,
           {}};
    const auto list = lists.find(list_of(number, word.flags));
    if ((word.flags & LB_VIP_LISTED) != 0 && list != lists.end()) vip.sources = list->second;
    return {};
}

}  // namespace

Result<> fits(const Tables& tables, const Layout& layout) {
    if (const auto fit = backends_fit(tables, layout); !fit) return fit.error();
    return vips_fit(tables, layout);
}

void bury(Maps& maps, Layout& layout, Neighbours& neighbours, const Retired& retired) {
    const std::set<std::uint32_t> gone{retired.backends.begin(), retired.backends.end()};
    std::erase_if(layout.backends, [&](const auto& of) { return gone.contains(of.second.index); });
    for (const auto index : gone) {
        auto& backend = maps.backends[index];
        store(backend.word, 0);
        neighbours.forget(index);
        layout.retiring.erase(index);
        backend = {};
    }
    for (const auto& [list, prefix] : retired.sources)
        (void)maps.sources.erase(list, prefix);  // what stays is in no list that a vip names
    for (const auto number : retired.vips) {
        store(maps.vips[number].word, 0);
        std::erase_if(layout.vips, [&](const auto& vip) { return vip.second.number == number; });
    }
}

Result<Layout> read_layout(const Maps& maps, const Limits& limits) {
    Layout layout;
    layout.limits = limits;
    layout.generation = maps.meta[0].generation;
    for (std::uint32_t i = 0; i < maps.backends.size(); ++i) {
        const auto& backend = maps.backends[i];
        if (birth_of(backend.word) == 0) continue;
        const auto health =
            backend.health <= 2 ? static_cast<HealthVerdict>(backend.health) : HealthVerdict::none;
        layout.backends[backend.identity] = {i,
                                             birth_of(backend.word),
                                             health,
                                             state_of(backend.word),
                                             backend.drain_until,
                                             kDrainTimeout};
    }
    const auto numbers = maps.addresses.all();
    if (!numbers) return numbers.error();
    const auto services = read_services(maps, *numbers);
    if (!services) return services.error();
    const auto lists = maps.sources.all();
    if (!lists) return lists.error();
    for (const auto& [address, words] : *services)
        for (const auto word : words)
            if (const auto done =
                    read_vip(maps, key_of(address, word), vip_of(word), *lists, layout);
                !done)
                return done.error();
    return layout;
}

}  // namespace lb::dataplane
