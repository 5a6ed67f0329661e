// SPDX-License-Identifier: Apache-2.0
/// Tables as they lie in the maps: bpf/abi.h.  Idle halves and idle lists say the opposite of what
/// counts.
#include <algorithm>
#include <cstring>
#include <map>

#include "scene.hpp"

namespace lb::test {
namespace {

template <class T>
Bytes raw(const T& value) {
    const auto* start = reinterpret_cast<const std::uint8_t*>(&value);
    return {start, start + sizeof(value)};
}

lb_egress entry_of(const model::Egress& egress) {
    lb_egress entry{};
    entry.ifindex = egress.ifindex;
    entry.mtu = egress.mtu;
    std::ranges::copy(egress.mac, entry.mac);
    if (egress.source4) std::copy_n(egress.source4->bytes.begin() + 12, 4, entry.source4);
    if (egress.source6) std::ranges::copy(egress.source6->bytes, entry.source6);
    std::ranges::copy(egress.tag, entry.tag);
    return entry;
}

lb_backend entry_of(const model::Backend& backend) {
    lb_backend entry{};
    entry.word = backend.state | std::uint64_t{backend.mode} << LB_BACKEND_FORWARD_SHIFT |
                 std::uint64_t{backend.birth} << LB_BACKEND_BIRTH_SHIFT;
    if (backend.egress != 0) {
        entry.nexthop = std::uint64_t{backend.egress} << LB_NEXTHOP_EGRESS_SHIFT;
        std::memcpy(&entry.nexthop, backend.next_hop.data(), backend.next_hop.size());
    }
    std::ranges::copy(backend.address.bytes, entry.address);
    entry.witness = backend.witness_looks | std::uint64_t{backend.witness_begins}
                                                << LB_WITNESS_BEGIN_SHIFT;
    return entry;
}

std::uint64_t word_of(const model::Slot& slot) {
    return slot.current | std::uint64_t{slot.previous} << LB_SLOT_PREV_SHIFT |
           std::uint64_t{LB_SLOT_NONE} << LB_SLOT_PREV2_SHIFT |
           std::uint64_t{slot.moves} << LB_SLOT_STATE_SHIFT;
}

lb_hash_keys keys_of(const model::Keys& keys) {
    lb_hash_keys entry{};
    entry.last = keys.last;
    std::ranges::copy(keys.words, entry.word);
    return entry;
}

std::uint64_t flags_of(const model::Vip& vip) {
    std::uint64_t flags = 0;
    if (vip.tracks_always) flags |= LB_VIP_TRACK;
    if (vip.affinity == model::Affinity::source) flags |= LB_VIP_AFFINITY_SOURCE;
    if (vip.affinity == model::Affinity::none) flags |= LB_VIP_AFFINITY_NONE;
    if (vip.is_quic) flags |= LB_VIP_QUIC;
    if (vip.sources) flags |= LB_VIP_LISTED;
    if (vip.second_list) flags |= LB_VIP_LIST;
    return flags;
}

void write_slots(const model::Vip& vip, const Put& put) {
    const auto size = static_cast<std::uint32_t>(vip.slots.size());
    const auto used = vip.first_slot + (vip.second_half ? size : 0);
    const auto idle = vip.first_slot + (vip.second_half ? 0 : size);
    for (std::uint32_t i = 0; i < size; ++i) {
        const model::Slot other{(vip.slots[i].current + 1) % kSceneLimits.backends};
        put("slots", raw(used + i), raw(word_of(vip.slots[i])));
        put("slots", raw(idle + i), raw(word_of(other)));
    }
}

void write_sources(const model::Vip& vip, std::uint32_t number, const Put& put) {
    const std::vector<model::SourceRule> nobody{{{}, false}};
    const auto write_list = [&](bool second, bool is_idle) {
        for (const auto& rule : vip.sources ? *vip.sources : nobody) {
            lb_source_key key{};
            key.prefix = LB_SOURCE_PREFIX + rule.network.length;
            key.list = 2 * number + second;
            std::ranges::copy(rule.network.address.bytes, key.address);
            const bool may_come = vip.sources && rule.may_come != is_idle;
            const std::uint32_t verdict = may_come ? LB_SOURCE_ALLOW : LB_SOURCE_DENY;
            put("sources", raw(key), raw(verdict));
        }
    };
    write_list(vip.second_list, false);
    write_list(!vip.second_list, true);
}

void write_vip(const model::Vip& vip, std::uint32_t number, const lb_hash_keys& keys,
               const Put& put) {
    lb_vip entry{};
    entry.keys = keys;
    entry.word = vip.first_slot | std::uint64_t{vip.slots.size()} << LB_VIP_SIZE_SHIFT |
                 std::uint64_t{vip.second_half} << LB_VIP_HALF_SHIFT |
                 flags_of(vip) << LB_VIP_FLAGS_SHIFT;
    put("vips", raw(number), raw(entry));
    write_slots(vip, put);
    write_sources(vip, number, put);
}

std::uint64_t service_of(const model::Vip& vip, std::uint32_t number) {
    return std::uint64_t{vip.protocol} << LB_SERVICE_PROTOCOL_SHIFT |
           std::uint64_t{vip.first_port} << LB_SERVICE_FIRST_SHIFT |
           std::uint64_t{vip.last_port} << LB_SERVICE_LAST_SHIFT |
           (vip.is_missing ? number + kSceneLimits.vips : number);
}

std::vector<std::uint64_t> services_at(const Address& address, const model::Tables& tables) {
    std::vector<std::uint64_t> words;
    for (std::uint32_t number = 0; number < tables.vips.size(); ++number)
        if (tables.vips[number].address == address)
            words.push_back(service_of(tables.vips[number], number));
    std::ranges::sort(words);
    return words;
}

/// One service in the word of its address, several in a list from `begin` on.
std::uint64_t write_services(const model::Place& place, const model::Tables& tables,
                             std::uint32_t& begin, const Put& put) {
    const auto words = services_at(place.address, tables);
    std::uint64_t flags = 0;
    if (place.answers_echo) flags |= LB_ADDRESS_ECHO;
    if (place.drops_unmatched) flags |= LB_ADDRESS_DROP;
    const auto first = place.has_lost ? kSceneLimits.services : begin;
    auto word = std::uint64_t{first} << LB_SERVICES_BEGIN_SHIFT | words.size();
    if (words.size() == 1) word = words.front();
    if (words.size() != 1)
        for (const auto each : words)
            put("services", raw(begin++), raw(each));
    return word | flags << LB_SERVICE_FLAGS_SHIFT;
}

/// Each at the front of its chain, behind those whose link leads past the end.
void write_places(const model::Tables& tables, const Put& put) {
    std::map<std::uint32_t, std::uint64_t> links;
    for (const auto& place : tables.places)
        if (place.is_missing)
            links[model::chain_of(place.address)] = kSceneLimits.addresses + std::uint64_t{1};
    std::uint32_t number = 0, begin = 0;
    for (const auto& place : tables.places) {
        if (place.is_missing) continue;
        auto& link = links[model::chain_of(place.address)];
        lb_address element{};
        std::ranges::copy(place.address.bytes, element.address);
        element.services = write_services(place, tables, begin, put);
        element.next = link;
        put("addresses", raw(number), raw(element));
        link = ++number;
    }
    for (const auto& [chain, link] : links)
        put("address_chains", raw(chain), raw(link));
}

}  // namespace

void write(const model::Tables& tables, const Put& put) {
    lb_settings settings{};
    settings.keys = keys_of(tables.keys);
    std::ranges::copy(tables.budget, settings.budget);
    put("settings", raw(std::uint32_t{0}), raw(settings));
    std::uint32_t index = 0;
    for (const auto& egress : tables.egresses)
        put("egresses", raw(index++), raw(entry_of(egress)));
    index = 0;
    for (const auto& backend : tables.backends)
        put("backends", raw(index++), raw(entry_of(backend)));
    index = 0;
    write_places(tables, put);
    for (const auto& vip : tables.vips)
        write_vip(vip, index++, settings.keys, put);
}

}  // namespace lb::test
