// SPDX-License-Identifier: Apache-2.0
/// TCP and UDP to vips, and what may be wrong with any packet.
#include <algorithm>

#include "scene_frames.hpp"

namespace lb::test {
namespace {

/// Extension headers, also such that are not, or lie.
std::vector<Extension> any_extensions(Dice& dice) {
    std::vector<Extension> chain(1 + dice.roll(3));
    if (dice.one_in(8)) chain.resize(4 + dice.roll(3));
    for (auto& each : chain) {
        each.type = dice.one_of<std::uint8_t>({0, 43, 44, 60, 60});
        if (dice.one_in(8)) each.type = dice.byte();
        if (dice.one_in(4)) each = long_header(each.type, static_cast<std::uint8_t>(dice.roll(4)));
        if (each.type == IPPROTO_ROUTING && !dice.one_in(4))
            each = routing_header(dice.one_of<std::uint8_t>({0, 4}),
                                  dice.one_of<std::uint8_t>({0, 0, 1}));
        if (dice.one_in(12)) each.rest[0] = static_cast<std::uint8_t>(dice.roll(4));
        if (dice.one_in(6)) std::ranges::copy(dice.bytes(6), each.rest.begin() + 1);
    }
    return chain;
}

Bytes any_options(Dice& dice) {
    Bytes options(4 * (1 + dice.roll(10)), 0x01);
    if (dice.one_in(3)) options = dice.bytes(options.size());
    if (dice.one_in(3)) options = {0x94, 4, 0, 0};  // router alert
    const auto at = dice.roll(static_cast<std::uint32_t>(options.size()));
    if (dice.one_in(2)) options[at] = dice.one_of<std::uint8_t>({0, 7, 0x83, 0x89, 0x94});
    return options;
}

/// A QUIC Initial, or nearly one.
Bytes any_initial(Dice& dice) {
    Bytes payload = dice.bytes(dice.one_of<std::size_t>({1199, 1200, 1300}));
    const bool is_second = dice.one_in(2);
    const Bytes head = is_second ? Bytes{0xd3, 0x6b, 0x33, 0x43, 0xcf} : Bytes{0xc3, 0, 0, 0, 1};
    std::ranges::copy(head, payload.begin());
    if (dice.one_in(6)) payload[dice.roll(5)] = dice.byte();
    return payload;
}

/// True, near the truth, or anything.
void lie_about_length(Packet& packet, Dice& dice) {
    const auto header = packet.destination.address.is_v4() ? 0u : 40u;
    const auto truth = static_cast<std::uint32_t>(packet.ip().size()) - header;
    auto claimed = truth + dice.roll(9) - 4;
    if (dice.one_in(3)) claimed = dice.roll(128);
    if (dice.one_in(6)) claimed = dice.word();
    packet.claimed_length = static_cast<std::uint16_t>(claimed);
}

void spoil_way(Packet& packet, Dice& dice) {
    switch (dice.roll(6)) {
        case 0:
            packet.destination.port = dice.one_in(4) ? kGuePort : dice.word();
            break;
        case 1:
            packet.destination.address = nearly(packet.destination.address, dice);
            break;
        case 2:
            packet.source.address = any_odd_source(packet, dice);
            break;
        case 3:
            packet.protocol = dice.one_of<std::uint8_t>({6, 17, dice.byte()});
            break;
        case 4:
            (dice.one_in(2) ? packet.from_mac : packet.to_mac)[0] |= 1;
            break;
        default:
            packet.ttl = static_cast<std::uint8_t>(dice.roll(3));
    }
}

void spoil_header(Packet& packet, Dice& dice) {
    switch (dice.roll(8)) {
        case 0:
        case 1:
            packet.options = any_options(dice);
            packet.extensions = any_extensions(dice);
            break;
        case 2:
            packet.more_fragments = true;
            packet.extensions = {fragment_header(0, dice.one_in(2))};
            break;
        case 3:
            packet.fragment_offset = dice.word() & 0x1fff;
            break;
        case 4:
            packet.claimed_version = dice.byte() & 15;
            break;
        case 5:
            packet.claimed_header_words = dice.byte() & 15;
            break;
        case 6:
            packet.claimed_checksum =
                dice.one_of<std::uint16_t>({0, 0xfefe, 0xfeff, 0xff00, 0xffff, dice.word()});
            break;
        default:
            lie_about_length(packet, dice);
    }
}

}  // namespace

Endpoint any_client(bool is_v4, Dice& dice) {
    Endpoint client{address(is_v4 ? "203.0.113.5" : "2001:db8::5"), dice.word()};
    if (dice.one_in(3))
        client.address.bytes[14] = dice.byte();
    else
        client.port = static_cast<std::uint16_t>(1024 + dice.roll(16));
    return client;
}

Address any_odd_source(const Packet& packet, Dice& dice) {
    if (dice.one_in(6)) return packet.destination.address;
    if (dice.one_in(6)) return nearly(packet.destination.address, dice);
    if (!packet.destination.address.is_v4())
        return address(dice.one_of(
            {"::", "::1", "::2", "::1:0:0", "::1:0:0:0:0", "1::", "ff02::1", "fe80::1"}));
    auto odd = packet.source.address;
    odd.bytes[12] = dice.one_of<std::uint8_t>({0, 1, 126, 127, 128, 223, 224, 255});
    return odd;
}

Address nearly(const Address& address, Dice& dice) {
    auto other = address;
    const auto first = address.is_v4() ? 12u : 0u;
    other.bytes[first + dice.roll(16 - first)] ^= static_cast<std::uint8_t>(1u << dice.roll(8));
    return other;
}

Packet sound_packet(const model::Tables& tables, Dice& dice) {
    const auto& vip = dice.one_of(tables.vips);
    Packet packet;
    packet.destination = {vip.address, dice.one_in(2) ? vip.first_port : vip.last_port};
    packet.protocol = vip.protocol;
    packet.source = any_client(vip.address.is_v4(), dice);
    packet.payload = dice.bytes(dice.one_in(8) ? dice.roll(1700) : dice.roll(40));
    if (packet.protocol == IPPROTO_UDP && dice.one_in(6)) packet.payload = any_initial(dice);
    packet.traffic_class = dice.byte();
    packet.ttl = static_cast<std::uint8_t>(dice.byte() | 2);
    packet.id = dice.word();
    packet.dont_fragment = dice.one_in(2);
    packet.flow_label = static_cast<std::uint32_t>(dice.bits() & 0xfffff);
    packet.tcp_flags = dice.one_of<std::uint8_t>({0x02, 0x02, 0x10, 0x18, 0x11, dice.byte()});
    return packet;
}

void spoil(Packet& packet, Dice& dice) {
    dice.one_in(2) ? spoil_way(packet, dice) : spoil_header(packet, dice);
}

Packet any_packet(const model::Tables& tables, Dice& dice) {
    auto packet = sound_packet(tables, dice);
    for (auto defects = dice.one_in(2) ? 1 + dice.roll(2) : 0; defects > 0; --defects)
        spoil(packet, dice);
    return packet;
}

}  // namespace lb::test
