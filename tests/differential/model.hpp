// SPDX-License-Identifier: Apache-2.0
/// Model: what must become of a frame, written a second time.
///
/// From docs/ and the RFCs, over plain bytes; it shares no code with bpf/, only the names of the
/// verdicts.  Slow and obvious on purpose: each kind of packet, each table and each way out is one
/// function.  Numbers are in host order.
#pragma once

#include <array>
#include <cstdint>
#include <map>
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
};

struct Backend {
    lb_backend_state state = LB_BACKEND_OFF;
    unsigned mode = LB_FORWARD_IPIP;
    std::uint32_t birth = 0;
    Address address;
    Mac next_hop{};
    std::uint16_t egress = 0;  ///< 0: the next hop is not resolved
};

struct Slot {
    std::uint32_t current = LB_SLOT_NONE;
    std::uint32_t previous = LB_SLOT_NONE;
    bool moves = false;
};

struct Vip {
    Endpoint at;
    std::uint8_t protocol = IPPROTO_TCP;
    std::vector<Slot> slots;  ///< of the half that counts; empty: the vip's word makes no sense
};

struct Keys {
    std::array<std::uint32_t, 10> words{};
    std::uint64_t last = 0;
};

struct Tables {
    std::vector<Vip> vips;
    std::vector<Backend> backends;
    std::vector<Egress> egresses;  ///< [0] is never used
    Keys keys;
};

struct Answer {
    lb_verdict verdict = LB_NEXT;
    int action = 0;                        ///< XDP_PASS, ...
    std::optional<Bytes> frame;            ///< what leaves; nothing: dropped
    std::uint32_t redirect = 0;            ///< to this ifindex
    std::optional<std::uint32_t> vip;      ///< whose packets and bytes this counts for
    std::optional<std::uint32_t> backend;  ///< likewise
};

/// What must become of a frame that came in through `ingress`.
Answer receive(const Tables& tables, const Bytes& frame, std::uint32_t ingress);

}  // namespace lb::test::model
