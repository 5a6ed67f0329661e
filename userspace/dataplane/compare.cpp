// SPDX-License-Identifier: Apache-2.0
#include "dataplane/compare.hpp"

#include <algorithm>
#include <cstring>

#include "base/parallel.hpp"
#include "dataplane/services.hpp"

namespace lb::dataplane {
namespace {

constexpr std::uint32_t kOfLists = LB_VIP_LISTED | LB_VIP_LIST;

template <class T>
bool equal(const T& one, const T& other) {
    return std::memcmp(&one, &other, sizeof(T)) == 0;
}

bool is_as_it_should_be(const Maps& maps, const VipEntry& vip) {
    const auto& entry = maps.vips[vip.number];
    const auto word = VipWord::of(entry.word);
    return word.base == vip.base && word.size == vip.size &&
           (word.flags & ~kOfLists) == vip.flags &&
           equal(entry.keys, maps.intended_settings.keys) &&
           holds(maps.slots.part(word.active(), word.size), vip.slots);
}

/// Those that `vip` names; one that names none lets everybody come.
bool are_as_they_should_be(const Maps& maps, const SourceLists& lists, const VipEntry& vip) {
    const auto flags = VipWord::of(maps.vips[vip.number].word).flags;
    if ((flags & LB_VIP_LISTED) == 0) return vip.sources.empty();
    return holds(lists, list_of(vip.number, flags), vip.sources);
}

}  // namespace

std::uint64_t word_of(const BackendEntry& entry) {
    return std::uint64_t{entry.state} |
           std::uint64_t{static_cast<std::uint8_t>(entry.forward)} << LB_BACKEND_FORWARD_SHIFT |
           std::uint64_t{entry.birth} << LB_BACKEND_BIRTH_SHIFT;
}

bool is_as_it_should_be(const lb_backend& backend, const BackendEntry& entry) {
    return backend.word == word_of(entry) && backend.identity == entry.identity &&
           address_of(backend.address) == entry.address;
}

bool holds(std::span<const std::uint64_t> slots, const std::vector<std::uint64_t>& wanted) {
    return std::equal(slots.begin(), slots.end(), wanted.begin(), wanted.end());
}

bool holds(const SourceLists& lists, std::uint32_t list, const SourceList& wanted) {
    const auto found = lists.find(list);
    return found != lists.end() && found->second == wanted;
}

/// To read them takes a system call an entry: not where nobody has any.
Result<SourceLists> read_sources(const Maps& maps, const Tables& tables) {
    const bool are_used = std::any_of(tables.vips.begin(), tables.vips.end(),
                                      [](const VipEntry& vip) { return !vip.sources.empty(); });
    return are_used ? maps.sources.all() : SourceLists{};
}

Result<std::vector<std::string>> differences(const Maps& maps, const Tables& tables,
                                             const Neighbours& neighbours) {
    std::vector<std::string> found;
    if (!equal(maps.settings[0], maps.intended_settings)) found.emplace_back("settings");
    const auto numbers = maps.addresses.all();
    if (!numbers) return numbers.error();
    const auto services = read_services(maps, *numbers);
    if (!services || *services != services_of(tables)) found.emplace_back("services");
    const auto lists = read_sources(maps, tables);
    if (!lists) return lists.error();
    for (const auto& entry : tables.backends) {
        const auto name = "backend " + entry.target.text();
        if (!is_as_it_should_be(maps.backends[entry.index], entry)) found.push_back(name);
        if (!neighbours.holds(entry.index)) found.push_back("next hop of " + name);
    }
    std::vector<char> is_right(tables.vips.size());
    in_parallel(tables.vips.size(), [&](std::size_t place) {
        is_right[place] = is_as_it_should_be(maps, tables.vips[place]) ? 1 : 0;
    });
    for (std::size_t place = 0; place < tables.vips.size(); ++place) {
        const auto& vip = tables.vips[place];
        if (is_right[place] == 0) found.push_back("vip " + vip.name);
        if (!are_as_they_should_be(maps, *lists, vip))
            found.push_back("sources of vip " + vip.name);
    }
    return found;
}

}  // namespace lb::dataplane
