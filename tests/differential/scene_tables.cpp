// SPDX-License-Identifier: Apache-2.0
/// Tables by chance.
#include <algorithm>

#include "dice.hpp"
#include "scene.hpp"
#include "scene_frames.hpp"

namespace lb::test {
namespace {

Address any_address(Dice& dice, const char* v4, const char* v6) {
    auto chosen = address(dice.one_in(2) ? v4 : v6);
    chosen.bytes[15] = dice.byte();
    return chosen;
}

Mac any_mac(Dice& dice) {
    Mac mac{};
    for (auto& each : mac)
        each = dice.byte();
    mac[5] |= 1;  // a next hop of 0 is none
    return mac;
}

/// Often such that what we may ask a client for is just about what fits.
std::uint32_t any_mtu(Dice& dice) {
    if (dice.one_in(2)) return dice.one_of({100u, 1280u, 1500u, 1600u, 1600u, 70000u});
    return dice.one_of({576u, 1280u}) + dice.one_of({0u, 20u, 32u, 40u, 52u}) + dice.roll(5) - 1;
}

Bytes any_tag(Dice& dice) {
    const auto protocol = dice.one_of({kDot1q, kDot1ad});
    return {static_cast<std::uint8_t>(protocol >> 8), static_cast<std::uint8_t>(protocol),
            dice.byte(), dice.byte()};
}

model::Egress any_egress(Dice& dice) {
    model::Egress egress;
    if (dice.one_in(24)) return egress;
    egress.ifindex = dice.one_in(2) ? kIngress : 2 + dice.roll(3);
    egress.mtu = any_mtu(dice);
    egress.mac = any_mac(dice);
    if (!dice.one_in(8)) egress.source4 = address("10.0.0.1");
    if (!dice.one_in(8)) egress.source6 = address("2001:db8:ffff::1");
    if (dice.one_in(3)) egress.tag = any_tag(dice);
    return egress;
}

std::uint32_t any_share(Dice& dice) {
    return dice.one_of({0u, 1u << 26, 1u << 31, ~0u, ~0u, ~0u});
}

model::Backend any_backend(Dice& dice, std::size_t egresses) {
    model::Backend backend;
    backend.state = dice.one_of({LB_BACKEND_READY, LB_BACKEND_READY, LB_BACKEND_READY,
                                 LB_BACKEND_READY, LB_BACKEND_DRAIN, LB_BACKEND_OFF});
    backend.mode = dice.one_of({0u, 0u, 0u, 1u, 1u, 2u, 2u});
    if (dice.one_in(24)) backend.mode = 63;
    backend.birth = 1 + dice.roll(0xffffff);
    backend.witness_looks = any_share(dice);
    backend.witness_begins = dice.one_in(2) ? backend.witness_looks : any_share(dice);
    if (dice.one_in(24)) {  // an index that nobody has
        backend.birth = 0;
        backend.state = LB_BACKEND_OFF;
    }
    backend.address = any_address(dice, "198.51.100.0", "2001:db8:2::");
    backend.next_hop = any_mac(dice);
    backend.egress =
        static_cast<std::uint16_t>(1 + dice.roll(static_cast<std::uint32_t>(egresses - 1)));
    if (dice.one_in(16)) backend.egress = dice.one_of<std::uint16_t>({0, LB_MAX_EGRESSES});
    return backend;
}

/// One past the last is no backend.
std::uint32_t any_index(Dice& dice) {
    if (dice.one_in(24)) return dice.one_of({LB_SLOT_NONE, kSceneLimits.backends});
    return dice.roll(kSceneLimits.backends);
}

model::Slot any_slot(Dice& dice) {
    model::Slot slot;
    slot.current = any_index(dice);
    slot.moves = dice.one_in(2);
    slot.previous = dice.one_in(4) ? slot.current : any_index(dice);
    return slot;
}

/// Where each datagram goes anywhere, the slots are all alike: then it does not matter where.
void change_slots(model::Vip& vip, std::uint32_t one_in, Dice& dice) {
    for (auto& slot : vip.slots)
        if (dice.one_in(one_in)) slot = any_slot(dice);
    if (vip.affinity != model::Affinity::none || vip.slots.empty()) return;
    for (auto& slot : vip.slots)
        slot.current = vip.slots.front().current;
}

Prefix any_network(Dice& dice) {
    Prefix network{any_client(dice.one_in(2), dice).address, 0};
    const auto first = network.address.is_v4() ? 96u : 0u;
    network.length = static_cast<std::uint8_t>(first + dice.roll(129 - first));
    if (dice.one_in(3)) network.length = dice.one_of<std::uint8_t>({112, 120, 128});
    for (unsigned bit = network.length; bit < 128; ++bit)
        network.address.bytes[bit / 8] &= static_cast<std::uint8_t>(~(0x80u >> bit % 8));
    return network;
}

/// A list: everybody or nobody, but for some.
std::vector<model::SourceRule> any_sources(Dice& dice) {
    std::vector<model::SourceRule> rules{{{}, !dice.one_in(4)}};
    for (auto count = dice.roll(4); count > 0; --count) {
        const auto network = any_network(dice);
        const bool is_taken =
            std::ranges::any_of(rules, [&](const auto& rule) { return rule.network == network; });
        if (!is_taken) rules.push_back({network, dice.one_in(2)});
    }
    if (dice.one_in(16)) rules.clear();
    return rules;
}

/// Ranges that do not overlap, so that an address may have some of them.
constexpr std::array<std::array<std::uint16_t, 2>, 6> kPorts{
    {{0, 52}, {53, 53}, {80, 80}, {443, 6000}, {6001, 8443}, {9000, 65535}}};

model::Vip any_vip(Dice& dice, const std::vector<model::Place>& places) {
    model::Vip vip;
    vip.address = dice.one_of(places).address;
    vip.protocol = dice.one_in(2) ? IPPROTO_TCP : IPPROTO_UDP;
    const auto ports = dice.one_of(kPorts);
    vip.first_port = ports[0];
    vip.last_port = ports[1];
    vip.is_missing = dice.one_in(32);
    if (dice.one_in(3))
        vip.affinity = dice.one_of({model::Affinity::source, model::Affinity::none});
    if (vip.affinity == model::Affinity::none && vip.protocol == IPPROTO_TCP)
        vip.affinity = model::Affinity::connection;  // lbd refuses it; its samples would be chance
    vip.tracks_always = dice.one_in(5);
    vip.is_quic = dice.one_in(2);
    if (dice.one_in(4)) vip.sources = any_sources(dice);
    vip.second_list = dice.one_in(2);
    vip.second_half = dice.one_in(2);
    vip.slots.resize(dice.one_in(32) ? 0 : dice.one_of<std::size_t>({1, 13, 61}));
    change_slots(vip, 1, dice);
    return vip;
}

std::vector<model::Place> any_places(Dice& dice) {
    std::vector<model::Place> places;
    while (places.size() < kSceneLimits.addresses) {
        const auto found = any_address(dice, "192.0.2.0", "2001:db8:1::");
        const bool is_taken =
            std::ranges::any_of(places, [&](const auto& place) { return place.address == found; });
        if (!is_taken)
            places.push_back(
                {found, !dice.one_in(3), dice.one_in(3), dice.one_in(48), dice.one_in(48)});
    }
    return places;
}

std::array<std::uint32_t, LB_BUDGETS> any_budgets(Dice& dice, Budgets budgets) {
    std::array<std::uint32_t, LB_BUDGETS> all;
    for (auto& each : all) {
        each = dice.one_in(8) ? 0 : ~0u;
        if (budgets == Budgets::counted) each = dice.roll(12);
    }
    return all;
}

/// One after the other in the array, both halves of each.
void lay_out_slots(std::vector<model::Vip>& vips) {
    std::uint32_t first = 0;
    for (auto& vip : vips) {
        vip.first_slot = first;
        first += 2 * static_cast<std::uint32_t>(vip.slots.size());
    }
}

}  // namespace

model::Tables any_tables(std::mt19937_64& random, Budgets budgets) {
    Dice dice{random};
    model::Tables tables;
    tables.keys.last = dice.bits();
    for (auto& key : tables.keys.words)
        key = static_cast<std::uint32_t>(dice.bits());
    tables.flows = kSceneLimits.flows;
    tables.budget = any_budgets(dice, budgets);
    tables.egresses.resize(1);
    for (int i = 0; i < 6; ++i)
        tables.egresses.push_back(any_egress(dice));
    for (std::uint32_t i = 0; i < kSceneLimits.backends; ++i)
        tables.backends.push_back(any_backend(dice, tables.egresses.size()));
    tables.places = any_places(dice);
    while (tables.vips.size() < kSceneLimits.vips) {
        const auto vip = any_vip(dice, tables.places);
        const bool is_taken = std::ranges::any_of(tables.vips, [&](const auto& other) {
            return other.address == vip.address && other.protocol == vip.protocol &&
                   other.first_port == vip.first_port;
        });
        if (!is_taken) tables.vips.push_back(vip);
    }
    lay_out_slots(tables.vips);
    return tables;
}

void change(model::Tables& tables, std::mt19937_64& random) {
    Dice dice{random};
    auto& backend = tables.backends[dice.roll(kSceneLimits.backends)];
    if (dice.one_in(4) || backend.birth == 0)
        backend = any_backend(dice, tables.egresses.size());
    else
        backend.state = dice.one_in(2) ? LB_BACKEND_READY : LB_BACKEND_OFF;
    for (auto& vip : tables.vips)
        change_slots(vip, 16, dice);
}

}  // namespace lb::test
