// SPDX-License-Identifier: Apache-2.0
/// Fragments, messages, tunnels; and what may become of a frame on its way.
#include "scene_frames.hpp"

#include <algorithm>

#include "scene.hpp"
#include "support/icmp.hpp"

namespace lb::test {
namespace {

constexpr std::size_t kLargestFrame = 3300;  // that BPF_PROG_TEST_RUN takes in one piece

/// An IPv6 header that says what an IPv4 one would: ::ffff:a.b.c.d is one address, however it
/// came.
void disguise(Frame& frame, const model::Tables& tables, Dice& dice) {
    constexpr std::size_t kSourceAt = 14 + 8;
    const auto& to = dice.one_of(tables.vips).address;
    if (!to.is_v4() || frame.bytes.size() < 14 + 40 || frame.bytes[12] != 0x86) return;
    const auto from = any_client(true, dice).address;
    std::ranges::copy(from.bytes, frame.bytes.begin() + kSourceAt);
    std::ranges::copy(to.bytes, frame.bytes.begin() + kSourceAt + 16);
}

Packet any_kind(const model::Tables& tables, Dice& dice) {
    switch (dice.roll(16)) {
        case 0:
        case 1:
        case 2:
            return any_fragment(tables, dice);
        case 3:
        case 4:
            return any_large(tables, dice);
        case 5:
        case 6:
            return any_error(tables, dice);
        case 7:
        case 8:
            return any_ping(tables, dice);
        case 9:
            return any_tunnel(tables, dice);
        default:
            return any_packet(tables, dice);
    }
}

}  // namespace

Packet any_fragment(const model::Tables& tables, Dice& dice) {
    auto packet = sound_packet(tables, dice);
    while (packet.protocol != IPPROTO_UDP && !dice.one_in(8))  // there may be no vip of UDP
        packet = sound_packet(tables, dice);
    const bool is_first = dice.one_in(2), more = is_first ? !dice.one_in(8) : dice.one_in(2);
    const auto offset = static_cast<std::uint16_t>(is_first ? 0 : 1 + dice.roll(0x1fff));
    packet.fragment_offset = offset;  // in IPv6: no UDP header
    packet.more_fragments = more;
    packet.id = dice.one_of<std::uint16_t>({1, 2, 0x100});
    auto header = fragment_header(offset, more);
    header.rest = {0,
                   header.rest[1],
                   header.rest[2],
                   static_cast<std::uint8_t>(dice.roll(2)),
                   0,
                   0,
                   static_cast<std::uint8_t>(dice.roll(2))};
    if (dice.one_in(4))
        packet.extensions.push_back(long_header(dice.one_of<std::uint8_t>({0, 60}), 0));
    packet.extensions.push_back(header);
    if (dice.one_in(6)) packet.extensions.push_back(long_header(60, 1));
    if (dice.one_in(8)) spoil(packet, dice);
    return packet;
}

Packet any_large(const model::Tables& tables, Dice& dice) {
    auto packet = sound_packet(tables, dice);
    packet.payload.clear();
    if (dice.one_in(12)) spoil(packet, dice);
    if (dice.one_in(12)) packet.source.address = any_odd_source(packet, dice);
    const auto& egress = dice.one_of(tables.egresses);
    const auto outer = dice.one_of<std::size_t>({0, 20, 32, 40, 52});
    auto wanted = egress.mtu + dice.roll(6) - 2 - outer;
    if (dice.one_in(8)) wanted = dice.roll(3200);
    const auto header = packet.ip().size();
    packet.payload = dice.bytes(wanted < kLargestFrame && wanted > header ? wanted - header : 1600);
    return packet;
}

Packet any_error(const model::Tables& tables, Dice& dice) {
    auto quoted = sound_packet(tables, dice);
    if (dice.one_in(5)) spoil(quoted, dice);
    std::swap(quoted.source, quoted.destination);
    const bool is_v4 = quoted.source.address.is_v4();
    const auto least = is_v4 ? 576u : 1280u;
    IcmpHeader header;
    header.type = is_v4 ? dice.one_of<std::uint8_t>({3, 3, 3, 11, 12})
                        : dice.one_of<std::uint8_t>({1, 2, 2, 3, 4});
    if (dice.one_in(8)) header.type = static_cast<std::uint8_t>(dice.roll(20));
    header.code = dice.one_of<std::uint8_t>({0, 1, 4, 4});
    header.rest = dice.one_of({least - 1, least, 1400u, static_cast<unsigned>(dice.bits())});
    auto size = dice.one_in(2) ? 200 : dice.roll(is_v4 ? 36 : 56);
    if (dice.one_in(4)) {  // larger than some links carry
        quoted.payload = dice.bytes(1700);
        size = 500 + dice.roll(1200);
    }
    const auto from = any_client(is_v4, dice).address;
    const auto to = quoted.source.address;
    if (dice.one_in(8)) quoted.source.address = nearly(to, dice);
    auto packet = icmp(from.text(), to.text(), header, quote_of(quoted, size));
    if (dice.one_in(6)) spoil(packet, dice);
    return packet;
}

Packet any_ping(const model::Tables& tables, Dice& dice) {
    const auto to = dice.one_of(tables.places).address;
    const bool is_v4 = to.is_v4();
    IcmpHeader header;
    header.type = is_v4 ? 8 : 128;
    if (dice.one_in(8))
        header.type =
            dice.one_of<std::uint8_t>({0, 8, 127, 128, 129, 132, 133, 135, 137, 138, dice.byte()});
    header.code = dice.one_in(12) ? dice.byte() : 0;
    header.rest = static_cast<std::uint32_t>(dice.bits());
    auto size = dice.one_of({dice.roll(70), dice.roll(1490), 1470 + dice.roll(4)});
    Packet ends;
    ends.source = any_client(is_v4, dice);
    ends.destination.address = to;
    if (dice.one_in(6)) ends.source.address = any_odd_source(ends, dice);
    auto packet = icmp(ends.source.address.text(), to.text(), header, dice.bytes(size));
    packet.traffic_class = dice.byte();
    packet.ttl = dice.byte();
    packet.flow_label = static_cast<std::uint32_t>(dice.bits() & 0xfffff);
    const auto last = static_cast<std::uint32_t>(packet.payload.size());
    if (dice.one_in(8))
        packet.payload[dice.roll(last)] ^= static_cast<std::uint8_t>(1u << dice.roll(8));
    if (dice.one_in(5)) spoil(packet, dice);
    return packet;
}

Packet any_tunnel(const model::Tables& tables, Dice& dice) {
    const auto inner = any_packet(tables, dice);
    const auto to = dice.one_of(tables.places).address;
    const auto from = any_client(to.is_v4(), dice);
    if (dice.one_in(2)) return inner.inside_gue(from, to);
    auto outer = inner.inside_ipip(from.address, to);
    if (dice.one_in(4)) outer.protocol = dice.one_in(2) ? IPPROTO_IPIP : IPPROTO_IPV6;
    return outer;
}

Frame any_frame(const model::Tables& tables, std::mt19937_64& random) {
    Dice dice{random};
    auto frame = any_kind(tables, dice).frame();
    if (dice.one_in(48)) disguise(frame, tables, dice);
    if (dice.one_in(8)) frame = frame.tagged(dice.word(), dice.one_in(3) ? kDot1ad : kDot1q);
    if (dice.one_in(24)) frame = frame.tagged(dice.word());
    if (dice.one_in(32)) frame = ethernet(dice.word(), dice.bytes(dice.roll(100)));
    if (dice.one_in(8)) frame = frame.padded_to(frame.bytes.size() + dice.roll(100), dice.byte());
    if (dice.one_in(12)) {
        const auto room = static_cast<std::uint32_t>(frame.bytes.size() - 13);
        frame = frame.cut(14 + dice.roll(room));
    }
    for (auto changes = dice.one_in(10) ? 1 + dice.roll(3) : 0; changes > 0; --changes)
        frame.bytes[dice.roll(static_cast<std::uint32_t>(frame.bytes.size()))] = dice.byte();
    return frame;
}

}  // namespace lb::test
