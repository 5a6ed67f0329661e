// SPDX-License-Identifier: Apache-2.0
/// What the maps say, for the model: plain data, without the packing of bpf/abi.h.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/address.hpp"
#include "bpf/abi.h"
#include "support/packet.hpp"

namespace lb::test::model {

struct Egress {
    std::uint32_t ifindex = 0;  ///< 0: nobody wrote this entry
    std::uint32_t mtu = 0;
    Mac mac{};
    std::optional<Address> source4, source6;
    Bytes tag;  ///< four bytes as in the frame, or none
};

struct Backend {
    lb_backend_state state = LB_BACKEND_OFF;
    unsigned mode = LB_FORWARD_IPIP;
    std::uint32_t birth = 0;
    Address address;
    Mac next_hop{};
    std::uint16_t egress = 0;                             ///< 0: the next hop is not resolved
    std::uint32_t witness_looks = 0, witness_begins = 0;  ///< flows of 2^32
};

struct Slot {
    std::uint32_t current = LB_SLOT_NONE;
    std::uint32_t previous = LB_SLOT_NONE;
    bool moves = false;
};

/// One entry of a source list.
struct SourceRule {
    Prefix network;
    bool may_come = false;
};

enum class Affinity { connection, source, none };

struct Vip {
    Address address;
    std::uint8_t protocol = IPPROTO_TCP;
    std::uint16_t first_port = 0, last_port = 0;
    bool is_missing = false;  ///< its address names it, nobody wrote it
    Affinity affinity = Affinity::connection;
    bool tracks_always = false;
    bool is_quic = false;
    std::optional<std::vector<SourceRule>> sources;  ///< who may come; nothing: everybody
    bool second_list = false;                        ///< which of its two lists that is
    std::uint32_t first_slot = 0;                    ///< of half 0
    bool second_half = false;                        ///< which half counts
    std::vector<Slot> slots;  ///< of that half; empty: the vip's word makes no sense
};

/// What an address of ours says, beside its vips.
struct Place {
    Address address;
    bool answers_echo = false;
    bool drops_unmatched = false;
    bool is_missing = false;  ///< the link to it leads past the end
    bool has_lost = false;    ///< the same for the list of its services, if it has one
};

/// Which chain of addresses one is in.
std::uint32_t chain_of(const Address& address);

struct Keys {
    std::array<std::uint32_t, 10> words{};
    std::uint64_t last = 0;
};

struct Tables {
    std::vector<Place> places;
    std::vector<Vip> vips;
    std::vector<Backend> backends;
    std::vector<Egress> egresses;  ///< [0] is never used
    Keys keys;
    std::size_t flows = 0;                           ///< how many can be remembered
    std::array<std::uint32_t, LB_BUDGETS> budget{};  ///< of each kind, a second
};

}  // namespace lb::test::model
