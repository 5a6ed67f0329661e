// SPDX-License-Identifier: Apache-2.0
#include "dataplane/explain.hpp"

#include <algorithm>
#include <cstring>

#include <arpa/inet.h>

#include "dataplane/egresses.hpp"
#include "dataplane/services.hpp"

namespace lb::dataplane {
namespace {

const char* text(lb_verdict verdict) {
    switch (verdict) {
#define LB_VERDICT_TEXT(name, words) \
    case name:                       \
        return words;
        LB_VERDICTS(LB_VERDICT_TEXT)
#undef LB_VERDICT_TEXT
        default:
            return "";
    }
}

/// The vip of a flow: nothing if its address is nobody's, LB_VIP_NONE if its port is.
std::optional<std::uint32_t> find_vip(const Maps& maps, const lb_flow& flow) {
    const auto address = address_of(flow.destination);
    const auto number = maps.addresses.find(address);
    if (!number) return std::nullopt;
    const auto services = read_services(maps, {{address, *number}});
    if (!services) return maps.vips.size();
    return find_service(services->at(address), static_cast<Protocol>(flow.protocol),
                        ntohs(flow.destination_port_be));
}

/// The outer source that an egress has for a backend's family; unspecified if none.
Address source_of(const lb_egress& egress, const Address& backend) {
    Address source;
    if (!backend.is_v4()) return address_of(egress.source6);
    static constexpr std::uint8_t kNone[4] = {};
    if (std::memcmp(egress.source4, kNone, sizeof(kNone)) == 0) return source;
    source.bytes[10] = source.bytes[11] = 0xff;
    std::memcpy(source.bytes.data() + 12, egress.source4, sizeof(egress.source4));
    return source;
}

/// As in bpf/lookup.h, but that chance has no place here.
std::uint64_t hash_of(lb_flow flow, std::uint32_t vip_flags, const lb_settings& keys) {
    if ((vip_flags & LB_VIP_AFFINITY_SOURCE) != 0)
        flow.source_port_be = flow.destination_port_be = 0;
    return lb_hash(&flow, &keys);
}

/// How the packet would leave.
lb_verdict explain_forward(const Maps& maps, const lb_backend& backend, const Links& links,
                           Explanation& found) {
    if (backend.nexthop == 0) return LB_DROP_NO_NEIGHBOUR;
    const auto index = egress_of(backend.nexthop);
    if (index >= LB_MAX_EGRESSES || maps.egresses[index].ifindex == 0) return LB_DROP_BAD_REF;
    const auto& egress = maps.egresses[index];
    const auto address = address_of(backend.address);
    if (forward_of(backend.word) == LB_FORWARD_L2) {
        found.forward = "l2 " + address.text();
    } else if (forward_of(backend.word) == LB_FORWARD_IPIP) {
        const auto source = source_of(egress, address);
        if (source.is_unspecified()) return LB_DROP_NO_SOURCE;
        found.forward = "ipip " + source.text() + " -> " + address.text();
    } else {
        return LB_DROP_BAD_REF;
    }
    return links.has(egress.ifindex) ? LB_FORWARD : LB_FORWARD_REDIRECT;
}

/// Whether the slot's backend would get it.
lb_verdict explain_backend(const Maps& maps, std::uint32_t index, Explanation& found) {
    if (index == LB_SLOT_NONE) return LB_DROP_NO_BACKEND;
    if (index >= maps.backends.size()) return LB_DROP_BAD_REF;
    const auto& backend = maps.backends[index];
    if (birth_of(backend.word) == 0) return LB_DROP_BAD_REF;
    found.backend = "index " + std::to_string(index);
    found.backend_state = lb::text(state_of(backend.word));
    if (state_of(backend.word) == LB_BACKEND_OFF) return LB_DROP_BACKEND_OFF;
    return LB_NEXT;
}

lb_verdict explain_flow(const Maps& maps, const Links& links, const Neighbours& neighbours,
                        const lb_flow& flow, Explanation& found) {
    const auto number = find_vip(maps, flow);
    if (!number) return LB_PASS_NOT_OURS;
    if (*number == LB_VIP_NONE) return LB_PASS_UNMATCHED;
    if (*number >= maps.vips.size()) return LB_DROP_BAD_REF;
    const auto vip = VipWord::of(maps.vips[*number].word);
    found.hash = hash_of(flow, vip.flags, maps.settings[0]);
    found.position = lb_position(found.hash, vip.size);
    found.slots = vip.size;
    const auto slot = vip.active() + found.position;
    if (vip.size == 0 || slot >= maps.slots.size()) return LB_DROP_BAD_REF;
    const auto word = maps.slots[slot];
    found.slot_state = (word >> LB_SLOT_STATE_SHIFT & 1) == LB_SLOT_MOVING ? "moving" : "stable";
    const auto backend = slot_backend(word);
    if (const auto verdict = explain_backend(maps, backend, found); verdict != LB_NEXT)
        return verdict;
    found.next_hop = neighbours.next_hop(backend);
    return explain_forward(maps, maps.backends[backend], links, found);
}

}  // namespace

Explanation explain(const Maps& maps, const Links& links, const Neighbours& neighbours,
                    const lb_flow& flow) {
    Explanation found;
    found.verdict = text(explain_flow(maps, links, neighbours, flow, found));
    return found;
}

lb_flow flow_of(const VipKey& vip, const Endpoint& source) {
    lb_flow flow{};
    std::memcpy(flow.source, source.address.bytes.data(), sizeof(flow.source));
    std::memcpy(flow.destination, vip.address.bytes.data(), sizeof(flow.destination));
    flow.source_port_be = htons(source.port);
    flow.destination_port_be = htons(std::max(vip.ports.first, std::uint16_t{1}));
    flow.protocol = static_cast<std::uint8_t>(vip.protocol);
    return flow;
}

}  // namespace lb::dataplane
