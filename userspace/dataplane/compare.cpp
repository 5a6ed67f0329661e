// SPDX-License-Identifier: Apache-2.0
#include "dataplane/compare.hpp"

#include <algorithm>

#include "dataplane/services.hpp"

namespace lb::dataplane {
namespace {

bool is_as_it_should_be(const Maps& maps, const VipEntry& vip) {
    constexpr std::uint32_t kOfLists = LB_VIP_LISTED | LB_VIP_LIST;
    const auto word = VipWord::of(maps.vips[vip.number].word);
    return word.base == vip.base && word.size == vip.size &&
           (word.flags & ~kOfLists) == vip.flags &&
           holds(maps.slots.part(word.active(), word.size), vip.slots);
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

Result<std::vector<std::string>> differences(const Maps& maps, const Tables& tables) {
    std::vector<std::string> found;
    const auto numbers = maps.addresses.all();
    if (!numbers) return numbers.error();
    const auto services = read_services(maps, *numbers);
    if (!services || *services != services_of(tables)) found.emplace_back("services");
    for (const auto& entry : tables.backends)
        if (!is_as_it_should_be(maps.backends[entry.index], entry))
            found.push_back("backend " + entry.target.text());
    for (const auto& vip : tables.vips)
        if (!is_as_it_should_be(maps, vip)) found.push_back("vip " + vip.name);
    return found;
}

}  // namespace lb::dataplane
