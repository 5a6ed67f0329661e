// SPDX-License-Identifier: Apache-2.0
#include "model.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include <linux/bpf.h>

#include "model_icmp.hpp"
#include "model_leaving.hpp"
#include "model_reply.hpp"

namespace lb::test::model {
namespace {

int action_of(lb_verdict verdict) {
    switch (verdict) {
        case LB_PASS_NOT_IP:
        case LB_PASS_TRUNCATED:
        case LB_PASS_NOT_OURS:
        case LB_PASS_UNMATCHED:
            return XDP_PASS;
        case LB_FORWARD:
        case LB_REPLY_ECHO:
        case LB_REPLY_TOO_BIG:
            return XDP_TX;
        case LB_FORWARD_REDIRECT:
            return XDP_REDIRECT;
        default:
            return XDP_DROP;
    }
}

bool is_icmp(const Seen& seen) {
    return !seen.has_extensions &&
           seen.flow.protocol == (seen.is_v4 ? +IPPROTO_ICMP : +IPPROTO_ICMPV6);
}

/// IP in IP, and GUE.
bool is_tunnel(const Flow& flow) {
    return flow.protocol == IPPROTO_IPIP || flow.protocol == IPPROTO_IPV6 ||
           (flow.protocol == IPPROTO_UDP && flow.destination.port == kGuePort);
}

bool is_in(const Prefix& network, const Address& address) {
    for (unsigned bit = 0; bit < network.length; ++bit) {
        const auto differ = network.address.bytes[bit / 8] ^ address.bytes[bit / 8];
        if (differ >> (7 - bit % 8) & 1) return false;
    }
    return true;
}

/// The longest prefix decides; who is in none may not.
bool may_come(const std::vector<SourceRule>& rules, const Address& source) {
    const SourceRule* closest = nullptr;
    for (const auto& rule : rules)
        if (is_in(rule.network, source) &&
            (!closest || closest->network.length < rule.network.length))
            closest = &rule;
    return closest && closest->may_come;
}

/// What picks the slot, as far as it is no chance.
Flow without_ports(Flow flow) {
    flow.source.port = flow.destination.port = 0;
    return flow;
}

}  // namespace

/// bpf/abi.h and bpf/chain.h, as lbd and the program must agree on it.
std::uint32_t chain_of(const Address& address) {
    std::array<std::uint64_t, 2> half{};
    std::memcpy(half.data(), address.bytes.data(), sizeof(half));
    const auto mixed = (half[0] * 0xc4ceb9fe1a85ec53 ^ half[1]) * 0x9e3779b97f4a7c15;
    return static_cast<std::uint32_t>(mixed >> 50);
}

Answer Model::receive(const Bytes& frame, std::uint32_t ingress) {
    Answer answer;
    answer.verdict = judge(frame, ingress, answer);
    answer.action = action_of(answer.verdict);
    // Nobody counts for a vip that is not there.
    if (answer.vip && tables_.vips[*answer.vip].is_missing) answer.vip.reset();
    if (answer.action == XDP_PASS) answer.frame = frame;
    if (answer.action == XDP_DROP) answer.frame.reset();
    return answer;
}

lb_verdict Model::judge(const Bytes& frame, std::uint32_t ingress, Answer& answer) {
    Seen seen;
    if (const auto verdict = see(frame, seen); verdict != LB_NEXT) return verdict;
    const auto* place = place_of(seen.flow.destination.address);
    if (!place)
        return is_astray(seen.flow.destination.address) ? LB_DROP_BAD_REF : LB_PASS_NOT_OURS;
    answer.flow = seen.flow;
    const auto meeting = is_icmp(seen) ? meet_icmp(frame, seen, answer) : find_vip(seen, answer);
    if (meeting != LB_NEXT) return meeting;
    if (seen.defect != LB_NEXT) return seen.defect;
    if (const auto verdict = route(seen, answer); verdict != LB_NEXT) return verdict;
    answer.begins_flow = (seen.tcp_flags & 0x12) == 0x02;
    witness_.see(seen, answer, tables_, clock_.now());
    const auto verdict = forward(tables_, frame, seen, ingress, answer);
    return verdict == LB_DROP_MTU ? answer_too_big(frame, seen, answer) : verdict;
}

// ------------------------------------------------------------------------------- whose is it?

const Place* Model::place_of(const Address& address) const {
    for (const auto& place : tables_.places)
        if (place.address == address && !place.is_missing) return &place;
    return nullptr;
}

/// The chain of this address ends with a link to nowhere.
bool Model::is_astray(const Address& address) const {
    return std::ranges::any_of(tables_.places, [&](const Place& place) {
        return place.is_missing && chain_of(place.address) == chain_of(address);
    });
}

std::optional<std::uint32_t> Model::service(const Address& address, std::uint8_t protocol,
                                            std::uint16_t port) const {
    const auto count = std::ranges::count(tables_.vips, address, &Vip::address);
    if (count != 1 && place_of(address)->has_lost) return {};  // one would not be in a list
    for (std::uint32_t number = 0; number < tables_.vips.size(); ++number) {
        const auto& vip = tables_.vips[number];
        if (vip.address == address && vip.protocol == protocol && vip.first_port <= port &&
            port <= vip.last_port)
            return number;
    }
    return {};
}

/// docs/configuration.md, "What else arrives at a vip's address".
lb_verdict Model::unmatched(const Seen& seen) const {
    if (is_tunnel(seen.flow)) return LB_DROP_TUNNEL;
    return place_of(seen.flow.destination.address)->drops_unmatched ? LB_DROP_UNMATCHED
                                                                    : LB_PASS_UNMATCHED;
}

/// Where ports should be and cannot be read, the address alone decides.
lb_verdict Model::find_vip(const Seen& seen, Answer& answer) const {
    const auto protocol = seen.flow.protocol;
    if (seen.has_ports) {
        answer.vip = service(seen.flow.destination.address, protocol, seen.flow.destination.port);
        return answer.vip ? LB_NEXT : unmatched(seen);
    }
    if (seen.part == Seen::Part::later && is_balanced(protocol)) return LB_NEXT;
    const bool should_have_ports = is_balanced(protocol) || is_extension(protocol);
    return should_have_ports && seen.defect != LB_NEXT ? seen.defect : unmatched(seen);
}

// --------------------------------------------------------------------------------------- ICMP

lb_verdict Model::meet_icmp(const Bytes& frame, const Seen& seen, Answer& answer) {
    constexpr std::size_t kLargestEcho = 1480;
    const auto message = see_message(frame, seen);
    if (!message) return unmatched(seen);
    if (message->kind == Message::Kind::link) return LB_PASS_UNMATCHED;
    if (message->kind == Message::Kind::error) return meet_error(frame, seen, answer);
    const bool has_options = seen.is_v4 && seen.header != kIpv4Size;
    if (message->kind != Message::Kind::echo || message->size > kLargestEcho || has_options ||
        !place_of(seen.flow.destination.address)->answers_echo || !may_be_answered(frame, seen) ||
        !clock_.spend(LB_BUDGET_ECHO, tables_))
        return unmatched(seen);
    if (!has_right_sum(frame, seen, *message)) return LB_DROP_ICMP;
    answer.frame = echo_reply(frame, seen, *message);
    return LB_REPLY_ECHO;
}

/// An error is about the flow that the quoted packet answers.
lb_verdict Model::meet_error(const Bytes& frame, const Seen& seen, Answer& answer) {
    const auto message = see_message(frame, seen);
    if (message->asks_too_little) return LB_DROP_ICMP;
    const auto quoted = see_quote(frame, seen, *message);
    if (!quoted || quoted->source.address != seen.flow.destination.address) return LB_DROP_ICMP;
    answer.vip = service(quoted->source.address, quoted->protocol, quoted->source.port);
    if (!answer.vip) return unmatched(seen);
    answer.flow = {quoted->destination, quoted->source, quoted->protocol};
    answer.is_quote = true;
    return clock_.spend(LB_BUDGET_ICMP, tables_) ? LB_NEXT : LB_DROP_RATE;
}

// ------------------------------------------------------------------------------------ backend

/// Fragments: reliability.md 1.4, docs/decisions/0022-fragments.md.
lb_verdict Model::route(const Seen& seen, Answer& answer) {
    const bool is_whole = seen.part == Seen::Part::whole;
    if (!is_whole && seen.flow.protocol != IPPROTO_UDP) return LB_DROP_FRAGMENT;
    if (seen.part == Seen::Part::later) return follow_note(seen, answer);
    if (const auto verdict = choose_backend(seen, answer); verdict != LB_NEXT) return verdict;
    if (is_whole || !clock_.spend(LB_BUDGET_FRAGMENT, tables_)) return LB_NEXT;
    const auto backend = *answer.backend;
    notes_.write(
        seen, tables_.keys,
        {{}, clock_.now(), *answer.vip, backend, tables_.backends[backend].birth, answer.hash});
    return LB_NEXT;
}

lb_verdict Model::follow_note(const Seen& seen, Answer& answer) {
    const auto* note = notes_.find(seen, tables_.keys, clock_.now());
    if (!note) return LB_DROP_FRAGMENT;
    answer.is_later_fragment = true;
    answer.vip = note->vip;
    answer.hash = note->hash;
    answer.is_chance = !note->hash;
    if (answer.hash) *answer.hash &= 0xffffffff;  // that much is noted
    if (const auto verdict = use(note->backend, answer); verdict != LB_NEXT) return verdict;
    return tables_.backends[note->backend].birth == note->birth ? LB_NEXT : LB_DROP_FRAGMENT;
}

lb_verdict Model::choose_backend(const Seen& seen, Answer& answer) {
    const auto number = *answer.vip;
    const auto& vip = tables_.vips[number];
    if (vip.is_missing) return LB_DROP_BAD_REF;
    if (vip.sources && !may_come(*vip.sources, answer.flow.source.address))
        return LB_DROP_SOURCE_DENIED;
    answer.is_chance = vip.affinity == Affinity::none;
    if (vip.slots.empty()) return LB_DROP_BAD_REF;
    if (answer.is_chance) return use(vip.slots.front().current, answer);  // all are alike
    const auto flow = vip.affinity == Affinity::source ? without_ports(answer.flow) : answer.flow;
    answer.hash = hash_of(flow, tables_.keys);
    const auto position = position_of(*answer.hash, vip.slots.size());
    const auto& slot = vip.slots[position];
    if (!slot.moves && !vip.tracks_always) return use(slot.current, answer);
    FlowKey key{flow, {}};
    if (vip.affinity == Affinity::source) key.vip = number;
    const Sighting sighting{seen, key, *answer.hash, number, position, answer.is_quote};
    return use(tracking_.owner(sighting), answer);
}

lb_verdict Model::use(std::uint32_t backend, Answer& answer) const {
    if (backend == LB_SLOT_NONE) return LB_DROP_NO_BACKEND;
    if (backend >= tables_.backends.size()) return LB_DROP_BAD_REF;
    answer.backend = backend;
    if (tables_.backends[backend].birth == 0) return LB_DROP_BAD_REF;
    return tables_.backends[backend].state == LB_BACKEND_OFF ? LB_DROP_BACKEND_OFF : LB_NEXT;
}

// ------------------------------------------------------------------------------------ too big

/// The client learns what fits, if it could have asked, could do something about it, and no link
/// must carry as much anyhow.
lb_verdict Model::answer_too_big(const Bytes& frame, const Seen& seen, Answer& answer) {
    constexpr std::size_t kLeast4 = 576, kLeast6 = 1280;
    const auto room = room_for(tables_, *answer.backend);
    if (!room || *room < (seen.is_v4 ? kLeast4 : kLeast6) || answer.is_quote ||
        seen.may_be_fragmented || seen.part == Seen::Part::later || !may_be_answered(frame, seen) ||
        !clock_.spend(LB_BUDGET_TOO_BIG, tables_))
        return LB_DROP_MTU;
    answer.frame = too_big(frame, seen, *room);
    return LB_REPLY_TOO_BIG;
}

}  // namespace lb::test::model
