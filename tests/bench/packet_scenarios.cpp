// SPDX-License-Identifier: Apache-2.0
#include "bench/packet_scenarios.hpp"

#include <algorithm>
#include <stdexcept>

#include <bpf/bpf.h>

#include "bench/rotation.hpp"

namespace lb::bench {
namespace {

using test::Datapath;
using test::Packet;

constexpr const char* kVip = "192.0.2.10:80";
constexpr const char* kVip6 = "[2001:db8:113::10]:80";
constexpr std::uint32_t kSlots = 65537;
constexpr std::uint32_t kBackends = 50;
constexpr std::uint32_t kMostClients = 1'000'000;

std::string tcp(const char* vip) {
    return std::string{vip} + "/tcp";
}

std::vector<std::string> backends(const std::string& net) {
    std::vector<std::string> result;
    for (std::uint32_t i = 1; i <= kBackends; ++i)
        result.push_back(net + std::to_string(i));
    return result;
}

/// A first packet of a connection; whose, a Rotation says.
Packet opening(const std::string& vip) {
    const bool v4 = vip.front() != '[';
    auto packet = test::syn(v4 ? "198.18.0.0:1" : "[2001:db8:1::]:1", vip);
    packet.source.port = 0;
    packet.payload.resize(64);
    return packet;
}

/// One from the middle of a connection.
Packet established(const std::string& vip) {
    auto packet = opening(vip);
    packet.tcp_flags = test::kAck;
    return packet;
}

std::vector<std::uint32_t> from_one_to_many() {
    return {1, 1'000, 100'000, kMostClients};
}

}  // namespace

Programs::Programs(std::uint32_t flood)
    : flood_{flood}, floor_{test::endpoint(kVip), kSlots, kBackends} {}

Datapath& Programs::balancer(lb_forward_mode forward, std::uint32_t flows) {
    auto& lb = datapaths_.emplace_back(flows);
    lb.serve(tcp(kVip), backends("198.51.100."), forward, kSlots);
    std::ranges::fill(lb.settings().budget, 0xffffffff);
    return lb;
}

/// Every tenth slot moves from the backend that it names to the next.
Datapath& Programs::moving() {
    auto& lb = balancer(LB_FORWARD_IPIP, 2 * kMostClients);
    for (std::uint32_t i = 0; i < kSlots; i += 10) {
        auto& slot = lb.slots()[i];
        const std::uint64_t before = slot & LB_SLOT_INDEX_MASK, now = (before + 1) % kBackends;
        slot = now | before << LB_SLOT_PREV_SHIFT |
               std::uint64_t{LB_SLOT_MOVING} << LB_SLOT_STATE_SHIFT;
    }
    lb.vips()[0].moving_since = 1;
    return lb;
}

Datapath& Programs::always(std::uint32_t flows) {
    auto& lb = balancer(LB_FORWARD_IPIP, flows);
    lb.vips()[0].word |= std::uint64_t{LB_VIP_TRACK} << LB_VIP_FLAGS_SHIFT;
    return lb;
}

std::vector<Scenario> Programs::scenarios(const std::vector<std::string>& pinned,
                                          const std::string& pinned_vip) {
    auto& stable = balancer(LB_FORWARD_IPIP);
    auto& stable6 = datapaths_.emplace_back();
    stable6.serve(tcp(kVip6), backends("2001:db8:2::"), LB_FORWARD_IPIP, kSlots);
    auto &l2 = balancer(LB_FORWARD_L2), &gue = balancer(LB_FORWARD_GUE);
    auto &some_move = moving(), &all = always(2 * kMostClients);
    auto& all_flooded = always(flood_);
    const auto known = established(kVip), fresh = opening(kVip);
    const auto many = from_one_to_many();

    std::vector<Scenario> result{
        {kMinimal, floor_.minimal(), known, many},
        {kStable, stable.program(), known, many, &stable},
        {kNotOurs, stable.program(), established("192.0.2.1:80"), many, &stable, LB_PASS_NOT_OURS},
        {"IPv6", stable6.program(), established(kVip6), many, &stable6},
        {"l2", l2.program(), known, many, &l2},
        {"gue", gue.program(), known, many, &gue},
        {"10 % of slots move", some_move.program(), known, many, &some_move},
        {kAlways, all.program(), known, many, &all},
        {kFlood, stable.program(), fresh, {kNeverAgain}, &stable},
        {kAlwaysFlood, all_flooded.program(), fresh, {kNeverAgain}, &all_flooded},
    };
    for (const auto& path : pinned) {
        const Fd& program = pinned_.emplace_back(bpf_obj_get(path.c_str()));
        if (!program) throw std::runtime_error("no program is pinned at " + path);
        result.push_back({path, program.get(), established(pinned_vip), many});
        result.push_back({path + ", SYN flood", program.get(), opening(pinned_vip), {kNeverAgain}});
    }
    return result;
}

}  // namespace lb::bench
