// SPDX-License-Identifier: Apache-2.0
/// What the model says about a frame.
#pragma once

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "bpf/abi.h"
#include "model_seen.hpp"

namespace lb::test::model {

struct Answer {
    lb_verdict verdict = LB_NEXT;
    int action = 0;                        ///< XDP_PASS, ...
    std::optional<Bytes> frame;            ///< what leaves; nothing: dropped
    std::uint32_t redirect = 0;            ///< to this ifindex
    std::optional<std::uint32_t> vip;      ///< whose packets and bytes this counts for
    std::optional<std::uint32_t> backend;  ///< that was chosen
    std::optional<std::uint64_t> hash;     ///< of the flow; nothing: not asked for, or chance
    bool is_chance = false;                ///< affinity: none
    Flow flow;                             ///< of the packet, or that which it quotes
    bool is_quote = false;
    bool is_later_fragment = false;
    bool begins_flow = false;  ///< a TCP SYN without ACK

    /// Where `frame` has bits of a hash that is chance: offset, which bits.
    std::vector<std::pair<std::size_t, std::uint8_t>> open_bits;
    /// A frame without these bits.
    Bytes settled(Bytes bytes) const {
        for (const auto& [at, bits] : open_bits)
            if (at < bytes.size()) bytes[at] &= static_cast<std::uint8_t>(~bits);
        return bytes;
    }
};

}  // namespace lb::test::model
