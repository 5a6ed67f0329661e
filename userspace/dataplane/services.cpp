// SPDX-License-Identifier: Apache-2.0
#include "dataplane/services.hpp"

#include <algorithm>

namespace lb::dataplane {
namespace {

std::uint64_t word_of(const VipEntry& vip, std::uint64_t flags) {
    return std::uint64_t{static_cast<std::uint8_t>(vip.key.protocol)} << LB_SERVICE_PROTOCOL_SHIFT |
           std::uint64_t{vip.key.ports.first} << LB_SERVICE_FIRST_SHIFT |
           std::uint64_t{vip.key.ports.last} << LB_SERVICE_LAST_SHIFT |
           flags << LB_SERVICE_FLAGS_SHIFT | vip.number;
}

Protocol protocol_of(std::uint64_t word) {
    return static_cast<Protocol>(word >> LB_SERVICE_PROTOCOL_SHIFT);
}

std::uint16_t first_of(std::uint64_t word) {
    return static_cast<std::uint16_t>(word >> LB_SERVICE_FIRST_SHIFT);
}

std::uint16_t last_of(std::uint64_t word) {
    return static_cast<std::uint16_t>(word >> LB_SERVICE_LAST_SHIFT);
}

/// The place of a list that an address's word points to.
struct List {
    std::uint32_t begin = 0;
    std::uint32_t count = 0;

    explicit List(std::uint64_t word)
        : begin{static_cast<std::uint32_t>(word >> LB_SERVICES_BEGIN_SHIFT)},
          count{static_cast<std::uint32_t>(word & LB_SERVICES_COUNT_MASK)} {}
    bool is_in(const Maps& maps) const {
        return std::uint64_t{begin} + count <= maps.services.size();
    }
};

bool is_list(std::uint64_t word) {
    return word >> LB_SERVICE_PROTOCOL_SHIFT == 0;
}

Error no_room(const char* map, const char* what) {
    return Error{std::string{"map '"} + map + "': no room for another " + what};
}

}  // namespace

Services services_of(const Tables& tables) {
    std::map<Address, std::uint64_t> flags;
    for (const auto& vip : tables.vips) {
        auto& its = flags[vip.key.address];
        if (vip.echo) its |= LB_ADDRESS_ECHO;
        if (tables.drop_unmatched) its |= LB_ADDRESS_DROP;
    }
    Services services;
    for (const auto& vip : tables.vips)
        services[vip.key.address].push_back(word_of(vip, flags[vip.key.address]));
    for (auto& [address, words] : services)
        std::sort(words.begin(), words.end());
    return services;
}

Result<Services> read_services(const Maps& maps, const AddressNumbers& numbers) {
    Services services;
    for (const auto& [address, number] : numbers) {
        const auto damaged = Error{"the pinned maps are damaged: address " + address.text() +
                                   " points outside of them; lbctl detach, then start lbd"};
        const auto word = maps.addresses.services(number);
        if (!is_list(word)) {
            services[address] = {word};
            continue;
        }
        const List list{word};
        if (!list.is_in(maps)) return damaged;
        const auto words = maps.services.part(list.begin, list.count);
        services[address] = {words.begin(), words.end()};
    }
    return services;
}

VipKey key_of(const Address& address, std::uint64_t word) {
    return {address, {first_of(word), last_of(word)}, protocol_of(word)};
}

std::uint32_t vip_of(std::uint64_t word) {
    return static_cast<std::uint32_t>(word & LB_SERVICE_VIP_MASK);
}

std::uint32_t find_service(const std::vector<std::uint64_t>& words, Protocol protocol,
                           std::uint16_t port) {
    for (const auto word : words)
        if (protocol_of(word) == protocol && first_of(word) <= port && port <= last_of(word))
            return vip_of(word);
    return LB_VIP_NONE;
}

ServicePlaces::ServicePlaces(const Maps& maps, const AddressNumbers& numbers)
    : numbers_{0, maps.addresses.size()}, lists_{0, maps.services.size()} {
    for (const auto& [address, number] : numbers) {
        numbers_.occupy(number, 1);
        const auto word = maps.addresses.services(number);
        if (const List list{word}; is_list(word) && list.count > 0)
            lists_.occupy(list.begin, list.count);
    }
}

Result<std::uint32_t> ServicePlaces::number() {
    const auto number = numbers_.take(1);
    if (!number) return no_room("addresses", "one");
    return *number;
}

Result<std::uint64_t> ServicePlaces::place(Maps& maps, const std::vector<std::uint64_t>& words) {
    if (words.size() == 1) return words.front();
    const auto count = static_cast<std::uint32_t>(words.size());
    const auto begin = lists_.take(count);
    if (!begin) return no_room("services", "list");
    std::copy(words.begin(), words.end(), maps.services.part(*begin, count).begin());
    // The flags are those of the address: every service says the same.
    const auto flags = words.front() & std::uint64_t{0xff} << LB_SERVICE_FLAGS_SHIFT;
    return std::uint64_t{*begin} << LB_SERVICES_BEGIN_SHIFT | flags | count;
}

}  // namespace lb::dataplane
