// SPDX-License-Identifier: Apache-2.0
/// The packets that scenes are made of.
#pragma once

#include "dice.hpp"
#include "model_tables.hpp"
#include "support/packet.hpp"

namespace lb::test {

/// Of a client that may have come before, so that flows have a past.
Endpoint any_client(bool is_v4, Dice& dice);

/// Of somebody who could not get an answer, or nearly.
Address any_odd_source(const Packet& packet, Dice& dice);
/// With another bit.
Address nearly(const Address& address, Dice& dice);

/// To a vip, and in order.
Packet sound_packet(const model::Tables& tables, Dice& dice);
/// With something unusual or wrong.
void spoil(Packet& packet, Dice& dice);
/// To a vip, mostly in order.
Packet any_packet(const model::Tables& tables, Dice& dice);

/// A part of a datagram; others of it may have come, or will.
Packet any_fragment(const model::Tables& tables, Dice& dice);
/// About as large as just fits through some tunnel.
Packet any_large(const model::Tables& tables, Dice& dice);
/// An ICMP error from somewhere on the way, about a packet that a vip sent.
Packet any_error(const model::Tables& tables, Dice& dice);
/// A ping, or another message.
Packet any_ping(const model::Tables& tables, Dice& dice);
/// A packet of ours in a tunnel to a vip.
Packet any_tunnel(const model::Tables& tables, Dice& dice);

}  // namespace lb::test
