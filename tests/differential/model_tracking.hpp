// SPDX-License-Identifier: Apache-2.0
/// Who had a flow while its slot moved, for the model: reliability.md 1.4 and 1.5, docs/packet.md.
#pragma once

#include <map>
#include <optional>

#include "model_clock.hpp"
#include "model_seen.hpp"
#include "model_tables.hpp"

namespace lb::test::model {

/// What is remembered of a flow; its backend as it was then.
struct FlowEntry {
    std::uint32_t backend = 0;
    std::uint32_t birth = 0;
    std::uint16_t tag = 0;  ///< the upper bits of its hash
    lb_flow_kind kind = LB_FLOW_SEEN;
    std::uint32_t slot = 0;  ///< counted from the first of half 0
    bool operator==(const FlowEntry&) const = default;
};

/// A flow without ports (affinity: source) is that of one vip; a flow with ports is anyhow.
struct FlowKey {
    Flow flow;
    std::optional<std::uint32_t> vip;
    auto operator<=>(const FlowKey&) const = default;
};

/// What tracking counts for a vip.
struct FlowCounts {
    std::uint64_t inserted = 0, refused = 0, rerouted = 0;
    bool operator==(const FlowCounts&) const = default;
};

/// A packet for a slot, or an error about one.
struct Sighting {
    const Seen& seen;
    FlowKey key;
    std::uint64_t hash;
    std::uint32_t vip;
    std::size_t position;
    bool is_quote;  ///< an ICMP error about the flow
};

class Tracking {
public:
    Tracking(const Tables& tables, Clock& clock) : tables_{tables}, clock_{clock} {}

    /// moving(p, s, H): the index of the backend, or LB_SLOT_NONE.
    std::uint32_t owner(const Sighting& sighting);

    const std::map<FlowKey, FlowEntry>& flows() const { return flows_; }
    FlowCounts counts(std::uint32_t vip) { return counts_[vip]; }
    void forget() { flows_.clear(); }

private:
    bool is_usable(std::uint32_t backend) const;
    std::uint32_t known(FlowEntry& entry, const Sighting& sighting, const Slot& slot);
    std::uint32_t remember(const Sighting& sighting, std::uint32_t backend,
                           std::uint32_t otherwise);

    const Tables& tables_;
    Clock& clock_;
    std::map<FlowKey, FlowEntry> flows_;
    std::map<std::uint32_t, FlowCounts> counts_;
};

}  // namespace lb::test::model
