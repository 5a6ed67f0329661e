// SPDX-License-Identifier: Apache-2.0
#include "model.hpp"

#include <linux/bpf.h>

#include "model_leaving.hpp"

namespace lb::test::model {
namespace {

/// docs/decisions/0002-slot-hash.md: NH (RFC 4418, 5.2.2) over ten words of the flow as it lies in
/// memory, plus the last key, then the finaliser.
std::uint64_t hash_of(const Flow& flow, const Keys& keys) {
    Bytes bytes;
    append(bytes, flow.source.address.bytes);
    append(bytes, flow.destination.address.bytes);
    bytes.resize(40);
    set16(bytes, 32, flow.source.port);
    set16(bytes, 34, flow.destination.port);
    bytes[36] = flow.protocol;
    const auto keyed = [&](std::size_t word) {
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < 4; ++i)
            value |= std::uint64_t{bytes[4 * word + i]} << (8 * i);
        return (value + keys.words[word]) % (1ull << 32);
    };
    std::uint64_t hash = keys.last;
    for (std::size_t pair = 0; pair < 5; ++pair)
        hash += keyed(2 * pair) * keyed(2 * pair + 1);
    for (const auto factor : {0xff51afd7ed558ccdull, 0xc4ceb9fe1a85ec53ull}) {
        hash ^= hash >> 33;
        hash *= factor;
    }
    return hash ^ hash >> 33;
}

/// Alone it is surely old, surely new, or neither: docs/packet.md, "Slots".
bool begins(const Seen& seen, const Vip& vip) {
    constexpr unsigned kSyn = 0x02, kAck = 0x10;
    if (seen.flow.protocol == IPPROTO_TCP) return (seen.tcp_flags & (kSyn | kAck)) == kSyn;
    return vip.is_quic && seen.is_quic_initial;
}

bool ends(const Seen& seen) {
    constexpr unsigned kFin = 0x01, kRst = 0x04;
    return seen.flow.protocol == IPPROTO_TCP && (seen.tcp_flags & (kFin | kRst)) != 0;
}

lb_flow_kind kind_at_first(const Seen& seen, const Vip& vip) {
    if (seen.flow.protocol != IPPROTO_TCP) return LB_FLOW_DATAGRAM;
    if (begins(seen, vip)) return LB_FLOW_HALF_OPEN;
    return ends(seen) ? LB_FLOW_CLOSING : LB_FLOW_SEEN;
}

/// reliability.md 1.4: a kind only moves forward, except that a SYN turns CLOSING into ESTABLISHED.
lb_flow_kind kind_after(lb_flow_kind kind, const Seen& seen, const Vip& vip) {
    const bool is_new = begins(seen, vip);
    if (kind == LB_FLOW_DATAGRAM) return kind;
    if (kind == LB_FLOW_CLOSING) return is_new ? LB_FLOW_ESTABLISHED : kind;
    if (is_new) return kind;
    return ends(seen) ? LB_FLOW_CLOSING : LB_FLOW_ESTABLISHED;
}

int action_of(lb_verdict verdict) {
    switch (verdict) {
        case LB_PASS_NOT_IP:
        case LB_PASS_TRUNCATED:
        case LB_PASS_NOT_OURS:
        case LB_PASS_UNMATCHED:
            return XDP_PASS;
        case LB_FORWARD:
            return XDP_TX;
        case LB_FORWARD_REDIRECT:
            return XDP_REDIRECT;
        default:
            return XDP_DROP;
    }
}

}  // namespace

Answer Model::receive(const Bytes& frame, std::uint32_t ingress) {
    Answer answer;
    answer.verdict = judge(frame, ingress, answer);
    answer.action = action_of(answer.verdict);
    if (answer.action == XDP_PASS) answer.frame = frame;
    if (answer.action == XDP_DROP) answer.frame.reset();
    if (answer.action != XDP_TX && answer.action != XDP_REDIRECT) answer.backend.reset();
    return answer;
}

lb_verdict Model::judge(const Bytes& frame, std::uint32_t ingress, Answer& answer) {
    Seen seen;
    if (const auto verdict = see(frame, seen); verdict != LB_NEXT) return verdict;
    if (const auto verdict = find_vip(seen, answer); verdict != LB_NEXT) return verdict;
    if (seen.defect != LB_NEXT) return seen.defect;
    const auto hash = hash_of(seen.flow, tables_.keys);
    if (const auto verdict = choose_backend(seen, hash, answer); verdict != LB_NEXT) return verdict;
    return forward(tables_, frame, seen, hash, ingress, answer);
}

/// The address first.  Where ports should be and cannot be read, it alone decides.
lb_verdict Model::find_vip(const Seen& seen, Answer& answer) const {
    const auto& [address, port] = seen.flow.destination;
    bool is_our_address = false;
    for (std::uint32_t number = 0; number < tables_.vips.size(); ++number) {
        const auto& vip = tables_.vips[number];
        if (vip.address != address) continue;
        is_our_address = true;
        if (seen.has_ports && vip.protocol == seen.flow.protocol && vip.first_port <= port &&
            port <= vip.last_port)
            answer.vip = number;
    }
    if (!is_our_address) return LB_PASS_NOT_OURS;
    if (answer.vip) return LB_NEXT;
    const bool should_have_ports =
        is_balanced(seen.flow.protocol) || is_extension(seen.flow.protocol);
    if (!seen.has_ports && should_have_ports && seen.defect != LB_NEXT) return seen.defect;
    return LB_PASS_UNMATCHED;
}

lb_verdict Model::choose_backend(const Seen& seen, std::uint64_t hash, Answer& answer) {
    const auto& vip = tables_.vips[*answer.vip];
    if (vip.slots.empty()) return LB_DROP_BAD_REF;
    const auto& slot = vip.slots[(hash >> 32) * vip.slots.size() >> 32];
    const auto index =
        slot.moves || vip.tracks_always ? tracked(seen, *answer.vip, slot) : slot.current;
    if (index == LB_SLOT_NONE) return LB_DROP_NO_BACKEND;
    if (index >= tables_.backends.size() || tables_.backends[index].birth == 0)
        return LB_DROP_BAD_REF;
    answer.backend = index;
    return tables_.backends[index].state == LB_BACKEND_OFF ? LB_DROP_BACKEND_OFF : LB_NEXT;
}

// ---------------------------------------------------------- tracking: reliability.md 1.4 and 1.5

bool Model::is_usable(std::uint32_t backend) const {
    return backend < tables_.backends.size() && tables_.backends[backend].state != LB_BACKEND_OFF;
}

/// moving(p, s, H)
std::uint32_t Model::tracked(const Seen& seen, std::uint32_t vip, const Slot& slot) {
    if (const auto found = flows_.find(seen.flow); found != flows_.end())
        return known(found->second, seen, vip, slot);
    if (!is_usable(slot.previous) || slot.previous == slot.current)
        return tables_.vips[vip].tracks_always ? remember(seen, vip, slot.current, slot.current)
                                               : slot.current;
    if (!begins(seen, tables_.vips[vip])) return remember(seen, vip, slot.previous, slot.previous);
    if (slot.current == LB_SLOT_NONE) return LB_SLOT_NONE;
    return remember(seen, vip, slot.current, slot.previous);
}

std::uint32_t Model::known(FlowEntry& entry, const Seen& seen, std::uint32_t vip,
                           const Slot& slot) {
    if (is_usable(entry.backend) && tables_.backends[entry.backend].birth == entry.birth) {
        entry.kind = kind_after(entry.kind, seen, tables_.vips[vip]);
        return entry.backend;
    }
    if (is_usable(slot.current)) {
        entry.backend = slot.current;
        entry.birth = tables_.backends[slot.current].birth;
        ++counts_[vip].rerouted;
    }
    return slot.current;
}

std::uint32_t Model::remember(const Seen& seen, std::uint32_t vip, std::uint32_t backend,
                              std::uint32_t otherwise) {
    if (!is_usable(backend) || !tables_.may_remember || flows_.size() >= tables_.flows) {
        ++counts_[vip].refused;
        return otherwise;
    }
    ++counts_[vip].inserted;
    flows_[seen.flow] = {backend, tables_.backends[backend].birth,
                         kind_at_first(seen, tables_.vips[vip])};
    return backend;
}

}  // namespace lb::test::model
