// SPDX-License-Identifier: Apache-2.0
#include "model_tracking.hpp"

namespace lb::test::model {
namespace {

/// Many connections in one entry (affinity: source), or no TCP: old and new look alike.
bool is_datagram(const Seen& seen, const Vip& vip) {
    return vip.affinity == Affinity::source || seen.flow.protocol != IPPROTO_TCP;
}

/// Alone it is surely old, surely new, or neither: docs/packet.md, "Slots".
bool begins(const Seen& seen, const Vip& vip) {
    constexpr unsigned kSyn = 0x02, kAck = 0x10;
    if (vip.affinity == Affinity::source) return false;
    if (seen.flow.protocol == IPPROTO_TCP) return (seen.tcp_flags & (kSyn | kAck)) == kSyn;
    return vip.is_quic && seen.is_quic_initial;
}

bool ends(const Seen& seen) {
    constexpr unsigned kFin = 0x01, kRst = 0x04;
    return (seen.tcp_flags & (kFin | kRst)) != 0;
}

lb_flow_kind kind_at_first(const Seen& seen, const Vip& vip) {
    if (is_datagram(seen, vip)) return LB_FLOW_DATAGRAM;
    if (begins(seen, vip)) return LB_FLOW_HALF_OPEN;
    return ends(seen) ? LB_FLOW_CLOSING : LB_FLOW_SEEN;
}

/// A kind only moves forward, except that a SYN turns CLOSING into ESTABLISHED.
lb_flow_kind kind_after(lb_flow_kind kind, const Seen& seen, const Vip& vip) {
    const bool is_new = begins(seen, vip);
    if (kind == LB_FLOW_DATAGRAM) return kind;
    if (kind == LB_FLOW_CLOSING) return is_new ? LB_FLOW_ESTABLISHED : kind;
    if (is_new) return kind;
    return ends(seen) ? LB_FLOW_CLOSING : LB_FLOW_ESTABLISHED;
}

}  // namespace

bool Tracking::is_usable(std::uint32_t backend) const {
    return backend < tables_.backends.size() && tables_.backends[backend].state != LB_BACKEND_OFF;
}

std::uint32_t Tracking::owner(const Sighting& sighting) {
    const auto& vip = tables_.vips[sighting.vip];
    const auto& slot = vip.slots[sighting.position];
    if (const auto found = flows_.find(sighting.key); found != flows_.end())
        return known(found->second, sighting, slot);
    const bool holds_back = is_usable(slot.previous) && slot.previous != slot.current;
    if (sighting.is_quote) return holds_back ? slot.previous : slot.current;
    if (!holds_back)
        return vip.tracks_always ? remember(sighting, slot.current, slot.current) : slot.current;
    if (!begins(sighting.seen, vip)) return remember(sighting, slot.previous, slot.previous);
    if (slot.current == LB_SLOT_NONE) return LB_SLOT_NONE;
    return remember(sighting, slot.current, slot.previous);
}

/// A quote looks, and leaves no trace.
std::uint32_t Tracking::known(FlowEntry& entry, const Sighting& sighting, const Slot& slot) {
    const auto& vip = tables_.vips[sighting.vip];
    const bool lives =
        is_usable(entry.backend) && tables_.backends[entry.backend].birth == entry.birth;
    // The ports of a connection that was closed, again: another one, for whoever gets new ones.
    const bool is_over = (entry.kind == LB_FLOW_CLOSING || entry.kind == LB_FLOW_HALF_OPEN) &&
                         begins(sighting.seen, vip);
    if (lives && !(is_over && tables_.backends[entry.backend].state == LB_BACKEND_DRAIN)) {
        if (!sighting.is_quote) entry.kind = kind_after(entry.kind, sighting.seen, vip);
        return entry.backend;
    }
    if (is_usable(slot.current) && !sighting.is_quote) {
        entry.backend = slot.current;
        entry.birth = tables_.backends[slot.current].birth;
        entry.kind = kind_after(entry.kind, sighting.seen, vip);
        if (!lives) ++counts_[sighting.vip].rerouted;
    }
    return slot.current;
}

std::uint32_t Tracking::remember(const Sighting& sighting, std::uint32_t backend,
                                 std::uint32_t otherwise) {
    const auto& vip = tables_.vips[sighting.vip];
    const auto kind = kind_at_first(sighting.seen, vip);
    const auto budget = kind == LB_FLOW_HALF_OPEN ? LB_BUDGET_HANDSHAKE : LB_BUDGET_MIDFLOW;
    if (!is_usable(backend) || !clock_.spend(budget, tables_) || flows_.size() >= tables_.flows) {
        ++counts_[sighting.vip].refused;
        return otherwise;
    }
    ++counts_[sighting.vip].inserted;
    const auto slot = vip.first_slot + static_cast<std::uint32_t>(sighting.position);
    flows_[sighting.key] = {backend, tables_.backends[backend].birth,
                            static_cast<std::uint16_t>(sighting.hash >> 48), kind, slot};
    return backend;
}

}  // namespace lb::test::model
