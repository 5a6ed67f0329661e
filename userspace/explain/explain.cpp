// SPDX-License-Identifier: Apache-2.0
#include "explain/explain.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <tuple>

#include <arpa/inet.h>
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>

#include "explain/frame.hpp"

namespace lb::explain {
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

template <class T>
std::optional<T> as(const Bytes& bytes) {
    T value{};
    if (bytes.size() != sizeof(value)) return std::nullopt;
    std::memcpy(&value, bytes.data(), sizeof(value));
    return value;
}

/// One journey of one frame.
struct Journey {
    World world;
    Frame frame;
    lb_frame left{};
    lb_found found{};

    Journey(const World& maps, const Surroundings& around, const Endpoint& source,
            const VipKey& vip, Moment moment)
        : world{maps}, frame{source, vip, moment} {
        left = frame.arriving(0);
        found = world.run(left);
        if (found.action != XDP_REDIRECT || !around.is_balanced(found.redirect)) return;
        world = maps;
        frame = Frame{source, vip, moment};
        left = frame.arriving(found.redirect);
        found = world.run(left);
    }

    /// The last value that was looked up in a map, and its key; nothing if it looked at none.
    const World::Look* look(std::string_view map) const {
        const auto& looks = world.looks();
        const auto last = std::find_if(looks.rbegin(), looks.rend(),
                                       [&](const auto& look) { return look.map == map; });
        return last != looks.rend() ? &*last : nullptr;
    }
    template <class T>
    std::optional<T> value(std::string_view map) const {
        const auto* last = look(map);
        return last ? as<T>(last->value) : std::nullopt;
    }
    /// The backend that was chosen, which need not be the last one that was considered.
    std::optional<lb_backend> backend() const {
        for (const auto& look : world.looks())
            if (look.map == "backends" && as<std::uint32_t>(look.key) == found.backend)
                return as<lb_backend>(look.value);
        return std::nullopt;
    }
    bool has_backend() const { return found.backend != LB_SLOT_NONE; }
};

void tell_slot(const Journey& journey, const Surroundings& around, Explanation& explanation) {
    const auto vip = journey.value<lb_vip>("vips");
    const auto* look = journey.look("slots");
    if (!vip || !look) return;
    const auto size = static_cast<std::uint32_t>(vip->word >> LB_VIP_SIZE_SHIFT & LB_VIP_SIZE_MASK);
    const auto half = static_cast<std::uint32_t>(vip->word >> LB_VIP_HALF_SHIFT & 1);
    const auto base = static_cast<std::uint32_t>(vip->word);
    explanation.slots = size;
    explanation.position = *as<std::uint32_t>(look->key) - base - half * size;
    const auto word = as<std::uint64_t>(look->value).value_or(0);
    const bool is_moving = (word >> LB_SLOT_STATE_SHIFT & 1) == LB_SLOT_MOVING;
    explanation.slot_state = is_moving ? "moving" : "stable";
    const auto previous =
        static_cast<std::uint32_t>(word >> LB_SLOT_PREV_SHIFT & LB_SLOT_INDEX_MASK);
    if (is_moving && previous != LB_SLOT_NONE) explanation.previous = around.backend_name(previous);
}

/// "established, 12 s ago, web/web-1"; "none" if there was none to be found.
std::string flow_entry(const Journey& journey, const Surroundings& around, std::uint64_t now) {
    constexpr std::array kKinds{"unknown",     "half_open", "seen",
                                "established", "closing",   "datagram"};
    constexpr std::uint64_t kNanoseconds = 1'000'000'000;
    const auto* look = journey.look("flows");
    if (!look) return {};
    const auto entry = as<lb_flow_entry>(look->value);
    if (!entry) return "none";
    const auto kind = entry->word >> LB_FLOW_KIND_SHIFT;
    const auto index = static_cast<std::uint32_t>(entry->word & LB_SLOT_INDEX_MASK);
    const auto age = now / kNanoseconds - std::min<std::uint64_t>(entry->seen, now / kNanoseconds);
    return std::string{kKinds.at(kind < kKinds.size() ? kind : 0)} + ", " + std::to_string(age) +
           " s ago, " + around.backend_name(index);
}

template <class Header>
std::optional<Header> header_at(const lb_frame& frame, std::size_t offset) {
    if (static_cast<std::size_t>(frame.end - frame.start) < offset + sizeof(Header)) return {};
    Header header;
    std::memcpy(&header, frame.start + offset, sizeof(header));
    return header;
}

/// "ipip 10.0.0.1 -> 10.0.1.11", read from the frame that leaves.
std::string outer_header(const lb_frame& frame) {
    const auto ethernet = header_at<ethhdr>(frame, 0);
    Address from, to;
    std::size_t length = sizeof(ethhdr);
    std::uint8_t protocol = 0;
    if (ethernet && ethernet->h_proto == htons(ETH_P_IP)) {
        const auto ip = header_at<iphdr>(frame, length);
        if (!ip) return {};
        for (auto* address : {&from, &to}) {
            address->bytes = {};
            address->bytes[10] = address->bytes[11] = 0xff;
        }
        std::memcpy(from.bytes.data() + 12, &ip->saddr, sizeof(ip->saddr));
        std::memcpy(to.bytes.data() + 12, &ip->daddr, sizeof(ip->daddr));
        protocol = ip->protocol;
        length += sizeof(iphdr);
    } else if (const auto ip = header_at<ipv6hdr>(frame, length)) {
        std::memcpy(from.bytes.data(), &ip->saddr, sizeof(ip->saddr));
        std::memcpy(to.bytes.data(), &ip->daddr, sizeof(ip->daddr));
        protocol = ip->nexthdr;
        length += sizeof(ipv6hdr);
    }
    if (protocol != IPPROTO_UDP) return "ipip " + from.text() + " -> " + to.text();
    const auto udp = header_at<udphdr>(frame, length).value_or(udphdr{});
    return "gue " + Endpoint{from, ntohs(udp.source)}.text() + " -> " +
           Endpoint{to, ntohs(udp.dest)}.text();
}

void tell_backend(const Journey& journey, const Surroundings& around, Explanation& explanation) {
    if (!journey.has_backend()) return;
    const auto backend = journey.backend();
    explanation.backend = around.backend_name(journey.found.backend);
    explanation.next_hop = around.next_hop(journey.found.backend);
    if (!backend) return;
    explanation.backend_state =
        lb::text(static_cast<lb_backend_state>(backend->word & LB_BACKEND_STATE_MASK));
    const auto verdict = journey.found.verdict;
    if (verdict != LB_FORWARD && verdict != LB_FORWARD_REDIRECT) return;
    Address address;
    std::memcpy(address.bytes.data(), backend->address, sizeof(backend->address));
    const auto mode = backend->word >> LB_BACKEND_FORWARD_SHIFT & LB_BACKEND_FORWARD_MASK;
    explanation.forward =
        mode == LB_FORWARD_L2 ? "l2 " + address.text() : outer_header(journey.left);
}

}  // namespace

Explanation explain(const World& maps, const Surroundings& around, const Endpoint& source,
                    const VipKey& vip) {
    const Journey first{maps, around, source, vip, Moment::beginning};
    const Journey later{maps, around, source, vip, Moment::middle};
    Explanation explanation;
    explanation.flow = source.text() + " -> " + service_text(vip.address, vip.ports, vip.protocol);
    explanation.verdict = text(first.found.verdict);
    explanation.hash = first.found.hash;
    tell_slot(first, around, explanation);
    tell_backend(first, around, explanation);
    explanation.flow_entry = flow_entry(first, around, maps.now());
    explanation.existing = later.has_backend() ? around.backend_name(later.found.backend) : "";
    return explanation;
}

void add_reasons(Explanation& explanation) {
    if (explanation.slots == 0) return;  // it is nobody's, or did not get as far as a slot
    const auto slot = "slot " + std::to_string(explanation.position);
    const auto& [home, backend, existing] =
        std::tie(explanation.home, explanation.backend, explanation.existing);
    if (backend.empty())
        explanation.why.push_back("no backend of the pool is eligible");
    else if (home == backend)
        explanation.why.push_back(slot + " belongs to " + home + ", which is eligible");
    else {
        explanation.why.push_back(slot + " belongs to " + home + ", which is not eligible");
        explanation.why.push_back(backend + " suits the slot best among the eligible ones");
    }
    if (existing != backend && !existing.empty())
        explanation.why.push_back(slot + " moves: connections that began before stay with " +
                                  existing);
}

}  // namespace lb::explain
