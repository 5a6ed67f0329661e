// SPDX-License-Identifier: Apache-2.0
#include "scene.hpp"

#include <algorithm>
#include <cstring>
#include <map>

#include <arpa/inet.h>

namespace lb::test {
namespace {

class Dice {
public:
    explicit Dice(std::mt19937_64& random) : random_{random} {}
    /// 0 .. sides - 1
    std::uint32_t roll(std::uint32_t sides) {
        return static_cast<std::uint32_t>(random_() % sides);
    }
    bool one_in(std::uint32_t sides) { return roll(sides) == 0; }
    std::uint8_t byte() { return static_cast<std::uint8_t>(random_()); }
    std::uint16_t word() { return static_cast<std::uint16_t>(random_()); }
    std::uint64_t bits() { return random_(); }
    Bytes bytes(std::size_t count) {
        Bytes some(count);
        for (auto& each : some)
            each = byte();
        return some;
    }
    template <class List>
    const auto& one_of(const List& list) {
        return *(std::begin(list) + roll(static_cast<std::uint32_t>(std::size(list))));
    }

private:
    std::mt19937_64& random_;
};

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

model::Egress any_egress(Dice& dice) {
    model::Egress egress;
    if (dice.one_in(12)) return egress;
    egress.ifindex = dice.one_in(2) ? kIngress : 2 + dice.roll(3);
    egress.mtu = dice.one_of(std::array<std::uint32_t, 5>{100, 1280, 1500, 1600, 70000});
    egress.mac = any_mac(dice);
    if (!dice.one_in(8)) egress.source4 = address("10.0.0.1");
    if (!dice.one_in(8)) egress.source6 = address("2001:db8:ffff::1");
    return egress;
}

model::Backend any_backend(Dice& dice, std::size_t egresses) {
    model::Backend backend;
    backend.state = dice.one_of(std::array{LB_BACKEND_READY, LB_BACKEND_READY, LB_BACKEND_READY,
                                           LB_BACKEND_DRAIN, LB_BACKEND_OFF});
    backend.mode = dice.one_of(std::array<unsigned, 7>{0, 0, 0, 1, 1, 2, 2});
    if (dice.one_in(24)) backend.mode = 63;
    backend.birth = dice.one_in(12) ? 0 : 1 + dice.roll(0xffffff);
    backend.address = any_address(dice, "198.51.100.0", "2001:db8:2::");
    backend.next_hop = any_mac(dice);
    backend.egress = static_cast<std::uint16_t>(dice.roll(static_cast<std::uint32_t>(egresses)));
    if (dice.one_in(24)) backend.egress = LB_MAX_EGRESSES;
    return backend;
}

/// One past the last is no backend.
std::uint32_t any_index(Dice& dice) {
    return dice.one_in(16) ? LB_SLOT_NONE : dice.roll(kSceneLimits.backends + 1);
}

model::Slot any_slot(Dice& dice) {
    model::Slot slot;
    slot.current = any_index(dice);
    slot.moves = dice.one_in(2);
    if (slot.moves) slot.previous = dice.one_in(4) ? slot.current : any_index(dice);
    return slot;
}

/// Ranges that do not overlap, so that an address may have some of them.
constexpr std::array<std::array<std::uint16_t, 2>, 5> kPorts{
    {{0, 52}, {53, 53}, {80, 80}, {443, 8443}, {9000, 65535}}};

model::Vip any_vip(Dice& dice, const std::vector<Address>& addresses) {
    model::Vip vip;
    vip.address = dice.one_of(addresses);
    vip.protocol = dice.one_in(2) ? IPPROTO_TCP : IPPROTO_UDP;
    const auto ports = dice.one_of(kPorts);
    vip.first_port = ports[0];
    vip.last_port = ports[1];
    vip.tracks_always = dice.one_in(5);
    vip.is_quic = dice.one_in(2);
    vip.slots.resize(dice.one_of(std::array<std::size_t, 4>{0, 1, 13, 61}));
    for (auto& slot : vip.slots)
        slot = any_slot(dice);
    return vip;
}

// --------------------------------------------------------------------------------- into the maps

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
    return entry;
}

std::uint64_t word_of(const model::Slot& slot) {
    return slot.current | std::uint64_t{slot.previous} << LB_SLOT_PREV_SHIFT |
           std::uint64_t{LB_SLOT_NONE} << LB_SLOT_PREV2_SHIFT |
           std::uint64_t{slot.moves} << LB_SLOT_STATE_SHIFT;
}

/// In the second half of its slots, so that half and base both count.
void write_vip(const model::Vip& vip, std::uint32_t number, std::uint32_t base, const Put& put) {
    const std::uint64_t flags =
        (vip.tracks_always ? LB_VIP_TRACK : 0) | (vip.is_quic ? LB_VIP_QUIC : 0);
    lb_vip entry{};
    entry.word = base | std::uint64_t{vip.slots.size()} << LB_VIP_SIZE_SHIFT |
                 std::uint64_t{1} << LB_VIP_HALF_SHIFT | flags << LB_VIP_FLAGS_SHIFT;
    put("vips", raw(number), raw(entry));
    auto at = base + static_cast<std::uint32_t>(vip.slots.size());
    for (const auto& slot : vip.slots)
        put("slots", raw(at++), raw(word_of(slot)));
}

/// bpf/abi.h: one service in the word of its address, several in a list behind all of them.
void write_services(const model::Tables& tables, const Put& put) {
    std::map<Address, std::vector<std::uint64_t>> services;
    for (std::uint32_t number = 0; number < tables.vips.size(); ++number) {
        const auto& vip = tables.vips[number];
        services[vip.address].push_back(std::uint64_t{vip.protocol} << LB_SERVICE_PROTOCOL_SHIFT |
                                        std::uint64_t{vip.first_port} << LB_SERVICE_FIRST_SHIFT |
                                        std::uint64_t{vip.last_port} << LB_SERVICE_LAST_SHIFT |
                                        number);
    }
    std::uint32_t number = 0, begin = kSceneLimits.addresses;
    for (auto& [address, words] : services) {
        std::ranges::sort(words);
        auto word = words.front();
        if (words.size() > 1) {
            word = std::uint64_t{begin} << LB_SERVICES_BEGIN_SHIFT | words.size();
            for (const auto each : words)
                put("services", raw(begin++), raw(each));
        }
        put("services", raw(number), raw(word));
        put("addresses", raw(address.bytes), raw(number++));
    }
}

// ------------------------------------------------------------------------------------------ frames

/// Extension headers, also such that are not, or lie.
std::vector<Extension> any_extensions(Dice& dice) {
    std::vector<Extension> chain(1 + dice.roll(3));
    if (dice.one_in(8)) chain.resize(4 + dice.roll(3));
    for (auto& each : chain) {
        each.type = dice.one_of(std::array<std::uint8_t, 5>{0, 43, 44, 60, 60});
        if (dice.one_in(8)) each.type = dice.byte();
        each.rest[0] = dice.one_in(12) ? static_cast<std::uint8_t>(dice.roll(4)) : 0;
        if (dice.one_in(6)) std::ranges::copy(dice.bytes(6), each.rest.begin() + 1);
    }
    return chain;
}

Bytes any_options(Dice& dice) {
    Bytes options(4 * (1 + dice.roll(10)), 0x01);
    if (dice.one_in(3)) options = dice.bytes(options.size());
    if (dice.one_in(3)) options[0] = dice.one_of(std::array<std::uint8_t, 3>{0x83, 0x89, 0x94});
    return options;
}

/// Of a client that may have come before, so that flows have a past.
Endpoint any_client(bool is_v4, Dice& dice) {
    Endpoint client{address(is_v4 ? "203.0.113.5" : "2001:db8::5"), dice.word()};
    if (dice.one_in(2))
        client.address.bytes[14] = dice.byte();
    else
        client.port = static_cast<std::uint16_t>(1024 + dice.roll(16));
    return client;
}

/// A QUIC Initial, or nearly one.
Bytes any_initial(Dice& dice) {
    Bytes payload = dice.bytes(dice.one_of(std::array<std::size_t, 3>{1199, 1200, 1300}));
    const bool is_second = dice.one_in(2);
    const Bytes head = is_second ? Bytes{0xd3, 0x6b, 0x33, 0x43, 0xcf} : Bytes{0xc3, 0, 0, 0, 1};
    std::ranges::copy(head, payload.begin());
    if (dice.one_in(6)) payload[dice.roll(5)] = dice.byte();
    return payload;
}

Packet any_ip_packet(const model::Tables& tables, Dice& dice) {
    const auto& vip = dice.one_of(tables.vips);
    Packet packet;
    packet.destination = {vip.address, vip.first_port};
    if (dice.one_in(2)) packet.destination.port = vip.last_port;
    packet.protocol = vip.protocol;
    packet.source = any_client(vip.address.is_v4(), dice);
    packet.payload = dice.bytes(dice.one_in(8) ? dice.roll(1700) : dice.roll(40));
    if (packet.protocol == IPPROTO_UDP && dice.one_in(6)) packet.payload = any_initial(dice);
    packet.traffic_class = dice.byte();
    packet.ttl = dice.one_in(6) ? static_cast<std::uint8_t>(dice.roll(3)) : dice.byte();
    packet.id = dice.word();
    packet.dont_fragment = dice.one_in(2);
    packet.flow_label = static_cast<std::uint32_t>(dice.bits() & 0xfffff);
    packet.tcp_flags =
        dice.one_of(std::array<std::uint8_t, 5>{0x02, 0x10, 0x18, 0x11, dice.byte()});
    if (dice.one_in(8)) packet.protocol = dice.one_in(2) ? IPPROTO_TCP : IPPROTO_UDP;
    if (dice.one_in(12)) packet.protocol = dice.byte();
    if (dice.one_in(8)) packet.destination.port = dice.word();
    if (dice.one_in(8)) packet.destination.address.bytes[15] = dice.byte();
    if (dice.one_in(8)) packet.options = any_options(dice);
    if (dice.one_in(8)) packet.extensions = any_extensions(dice);
    if (dice.one_in(8)) packet.more_fragments = true;
    if (dice.one_in(8)) packet.fragment_offset = dice.word() & 0x1fff;
    if (dice.one_in(8)) packet.claimed_length = static_cast<std::uint16_t>(dice.roll(128));
    if (dice.one_in(24)) packet.claimed_length = dice.word();
    if (dice.one_in(24)) packet.claimed_version = dice.byte() & 15;
    if (dice.one_in(24)) packet.claimed_header_words = dice.byte() & 15;
    if (dice.one_in(16)) packet.claimed_checksum = dice.word();
    return packet;
}

/// An ICMP message from somewhere on the way, about a packet that a vip sent.
Packet any_icmp(const model::Tables& tables, Dice& dice) {
    auto quoted = any_ip_packet(tables, dice);
    std::swap(quoted.source, quoted.destination);
    auto packet = any_ip_packet(tables, dice);
    packet.destination = quoted.source;
    packet.source.address = quoted.destination.address;
    packet.options.clear();
    const bool is_v4 = quoted.source.address.is_v4();
    packet.protocol = static_cast<std::uint8_t>(is_v4 ? +IPPROTO_ICMP : +IPPROTO_ICMPV6);
    packet.payload = {dice.one_of(is_v4 ? std::array<std::uint8_t, 6>{0, 3, 3, 8, 11, 12}
                                        : std::array<std::uint8_t, 6>{1, 2, 2, 3, 128, 129}),
                      static_cast<std::uint8_t>(dice.roll(6)),
                      0,
                      0,
                      0,
                      0,
                      dice.byte(),
                      dice.byte()};
    auto inner = quoted.ip();
    inner.resize(std::min<std::size_t>(inner.size(), 28 + dice.roll(100)));
    packet.payload.insert(packet.payload.end(), inner.begin(), inner.end());
    return packet;
}

/// A packet of ours in a tunnel to a vip.
Packet in_tunnel(const Packet& packet, Dice& dice) {
    auto outer = packet.inside_ipip(packet.source.address, packet.destination.address);
    if (dice.one_in(4)) outer.protocol = dice.one_in(2) ? IPPROTO_IPIP : IPPROTO_IPV6;
    return outer;
}

}  // namespace

model::Tables any_tables(std::mt19937_64& random) {
    Dice dice{random};
    model::Tables tables;
    tables.keys.last = dice.bits();
    for (auto& key : tables.keys.words)
        key = static_cast<std::uint32_t>(dice.bits());
    tables.flows = kSceneLimits.flows;
    tables.may_remember = !dice.one_in(8);
    tables.egresses.resize(1);
    for (int i = 0; i < 6; ++i)
        tables.egresses.push_back(any_egress(dice));
    for (std::uint32_t i = 0; i < kSceneLimits.backends; ++i)
        tables.backends.push_back(any_backend(dice, tables.egresses.size()));
    std::vector<Address> addresses;
    for (std::uint32_t i = 0; i < kSceneLimits.addresses; ++i)
        addresses.push_back(any_address(dice, "192.0.2.0", "2001:db8:1::"));
    while (tables.vips.size() < kSceneLimits.vips) {
        const auto vip = any_vip(dice, addresses);
        const bool is_taken = std::ranges::any_of(tables.vips, [&](const auto& other) {
            return other.address == vip.address && other.protocol == vip.protocol &&
                   other.first_port == vip.first_port;
        });
        if (!is_taken) tables.vips.push_back(vip);
    }
    return tables;
}

void change(model::Tables& tables, std::mt19937_64& random) {
    Dice dice{random};
    auto& backend = tables.backends[dice.roll(kSceneLimits.backends)];
    if (dice.one_in(4))
        backend = any_backend(dice, tables.egresses.size());
    else
        backend.state = dice.one_in(2) ? LB_BACKEND_READY : LB_BACKEND_OFF;
    for (auto& vip : tables.vips)
        for (auto& slot : vip.slots)
            if (dice.one_in(16)) slot = any_slot(dice);
}

void write(const model::Tables& tables, const Put& put) {
    lb_settings settings{};
    settings.final_key = tables.keys.last;
    std::ranges::copy(tables.keys.words, settings.hash_key);
    std::ranges::fill(settings.budget, tables.may_remember ? 0xffffffffu : 0u);
    put("settings", raw(std::uint32_t{0}), raw(settings));
    std::uint32_t index = 0, base = 0;
    for (const auto& egress : tables.egresses)
        put("egresses", raw(index++), raw(entry_of(egress)));
    index = 0;
    for (const auto& backend : tables.backends)
        put("backends", raw(index++), raw(entry_of(backend)));
    index = 0;
    write_services(tables, put);
    for (const auto& vip : tables.vips) {
        write_vip(vip, index++, base, put);
        base += 2 * static_cast<std::uint32_t>(vip.slots.size());
    }
}

Frame any_frame(const model::Tables& tables, std::mt19937_64& random) {
    Dice dice{random};
    auto packet = dice.one_in(8) ? any_icmp(tables, dice) : any_ip_packet(tables, dice);
    if (dice.one_in(24)) packet = in_tunnel(packet, dice);
    auto frame = packet.frame();
    if (dice.one_in(8)) frame = frame.tagged(dice.word());
    if (dice.one_in(24)) frame = frame.tagged(dice.word());
    if (dice.one_in(32)) frame = ethernet(dice.word(), dice.bytes(dice.roll(100)));
    if (dice.one_in(8)) frame = frame.padded_to(60 + dice.roll(100), dice.byte());
    if (dice.one_in(8)) {
        const auto room = static_cast<std::uint32_t>(frame.bytes.size() - 13);
        frame = frame.cut(14 + dice.roll(room));
    }
    for (auto changes = dice.one_in(6) ? 1 + dice.roll(3) : 0; changes > 0; --changes)
        frame.bytes[dice.roll(static_cast<std::uint32_t>(frame.bytes.size()))] = dice.byte();
    return frame;
}

}  // namespace lb::test
