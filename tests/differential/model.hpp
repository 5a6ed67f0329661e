// SPDX-License-Identifier: Apache-2.0
/// Model: what must become of a frame, written a second time.
///
/// From docs/ and the RFCs, over plain bytes; it shares no code with bpf/, only the names of the
/// verdicts.  Slow and obvious on purpose: each kind of packet, each table and each way out is one
/// function.  model_seen reads a frame, model.cpp finds its backend, model_leaving builds what
/// leaves.  Numbers are in host order.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "base/address.hpp"
#include "bpf/abi.h"
#include "model_seen.hpp"
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
    Address address;
    std::uint8_t protocol = IPPROTO_TCP;
    std::uint16_t first_port = 0, last_port = 0;
    bool tracks_always = false;
    bool is_quic = false;
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
    std::size_t flows = 0;     ///< how many can be remembered
    bool may_remember = true;  ///< the budgets are endless, or 0
};

/// What is remembered of a flow; its backend as it was then.
struct FlowEntry {
    std::uint32_t backend = 0;
    std::uint32_t birth = 0;
    lb_flow_kind kind = LB_FLOW_SEEN;
    bool operator==(const FlowEntry&) const = default;
};

/// What tracking counts for a vip.
struct FlowCounts {
    std::uint64_t inserted = 0, refused = 0, rerouted = 0;
    bool operator==(const FlowCounts&) const = default;
};

struct Answer {
    lb_verdict verdict = LB_NEXT;
    int action = 0;                        ///< XDP_PASS, ...
    std::optional<Bytes> frame;            ///< what leaves; nothing: dropped
    std::uint32_t redirect = 0;            ///< to this ifindex
    std::optional<std::uint32_t> vip;      ///< whose packets and bytes this counts for
    std::optional<std::uint32_t> backend;  ///< likewise
};

class Model {
public:
    explicit Model(Tables tables) : tables_{std::move(tables)} {}

    /// What must become of a frame that came in through `ingress`.
    Answer receive(const Bytes& frame, std::uint32_t ingress);

    Tables& tables() { return tables_; }
    const std::map<Flow, FlowEntry>& flows() const { return flows_; }
    FlowCounts flow_counts(std::uint32_t vip) { return counts_[vip]; }
    void forget_flows() { flows_.clear(); }

private:
    lb_verdict judge(const Bytes& frame, std::uint32_t ingress, Answer& answer);
    lb_verdict find_vip(const Seen& seen, Answer& answer) const;
    lb_verdict choose_backend(const Seen& seen, std::uint64_t hash, Answer& answer);
    bool is_usable(std::uint32_t backend) const;
    std::uint32_t tracked(const Seen& seen, std::uint32_t vip, const Slot& slot);
    std::uint32_t known(FlowEntry& entry, const Seen& seen, std::uint32_t vip, const Slot& slot);
    std::uint32_t remember(const Seen& seen, std::uint32_t vip, std::uint32_t backend,
                           std::uint32_t otherwise);

    Tables tables_;
    std::map<Flow, FlowEntry> flows_;
    std::map<std::uint32_t, FlowCounts> counts_;
};

}  // namespace lb::test::model
