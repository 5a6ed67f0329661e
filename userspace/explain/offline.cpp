// SPDX-License-Identifier: Apache-2.0
#include "explain/offline.hpp"

#include <algorithm>

#include <arpa/inet.h>

#include "bpf/chain.h"
#include "explain/explain.hpp"

namespace lb::explain {
namespace {

constexpr std::uint16_t kEgress = 1;
/// Addresses that no host has (RFC 7600, 4.8; RFC 6666), where node.source does not say.
constexpr const char* kNobody4 = "192.0.0.8";
constexpr const char* kNobody6 = "100::1";

lb_egress egress_of(const Node& node) {
    lb_egress egress{};
    egress.ifindex = 1;
    egress.mtu = 0xffff;
    const auto source4 = node.source4.value_or(*Address::parse(kNobody4));
    const auto source6 = node.source6.value_or(*Address::parse(kNobody6));
    std::copy(source4.bytes.begin() + 12, source4.bytes.end(), egress.source4);
    std::copy(source6.bytes.begin(), source6.bytes.end(), egress.source6);
    return egress;
}

void put_backend(World& world, const BackendEntry& backend) {
    lb_backend entry{};
    entry.word = backend.state |
                 static_cast<std::uint64_t>(backend.forward) << LB_BACKEND_FORWARD_SHIFT |
                 std::uint64_t{backend.birth} << LB_BACKEND_BIRTH_SHIFT;
    entry.nexthop = std::uint64_t{kEgress} << LB_NEXTHOP_EGRESS_SHIFT;
    std::copy(backend.address.bytes.begin(), backend.address.bytes.end(), entry.address);
    world.put("backends", backend.index, entry);
}

/// At an address of its own, as if it were the only service there: no other is asked for.
void put_vip(World& world, const VipEntry& vip, const lb_hash_keys& keys) {
    constexpr std::uint32_t kNumber = 0;
    lb_address address{};
    std::ranges::copy(vip.key.address.bytes, address.address);
    address.services = std::uint64_t{static_cast<std::uint8_t>(vip.key.protocol)}
                           << LB_SERVICE_PROTOCOL_SHIFT |
                       std::uint64_t{vip.key.ports.first} << LB_SERVICE_FIRST_SHIFT |
                       std::uint64_t{vip.key.ports.last} << LB_SERVICE_LAST_SHIFT | vip.number;
    world.put("addresses", kNumber, address);
    world.put("address_chains", lb_chain_of(address.address), std::uint64_t{kNumber} + 1);
    lb_vip entry{};
    entry.word = vip.base | std::uint64_t{vip.size} << LB_VIP_SIZE_SHIFT |
                 std::uint64_t{vip.flags} << LB_VIP_FLAGS_SHIFT;
    entry.keys = keys;
    world.put("vips", vip.number, entry);
    for (std::uint32_t i = 0; i < vip.slots.size(); ++i)
        world.put("slots", vip.base + i, vip.slots[i]);
}

std::string name_of(const Tables& tables, std::uint32_t index) {
    const auto found =
        std::find_if(tables.backends.begin(), tables.backends.end(),
                     [index](const BackendEntry& backend) { return backend.index == index; });
    return found != tables.backends.end() ? found->target.id().text() : "";
}

/// "ipip 192.0.0.8 -> 10.0.1.11" becomes "ipip -> 10.0.1.11".
void hide(std::string& text, const std::string& what) {
    if (const auto at = text.find(what + " "); at != std::string::npos)
        text.erase(at, what.size() + 1);
}

World world_of(const Tables& tables, const Node& node, const Seed& seed, const VipEntry& vip) {
    World world;
    world.resize("vips", node.limits.vips);
    world.resize("slots", node.limits.slots);
    world.resize("backends", node.limits.backends);
    lb_settings settings{};
    settings.keys = hash_keys(seed);
    world.put("settings", std::uint32_t{0}, settings);
    world.put("egresses", std::uint32_t{kEgress}, egress_of(node));
    for (const auto& backend : tables.backends)
        put_backend(world, backend);
    put_vip(world, vip, settings.keys);
    return world;
}

}  // namespace

Explanation explain_offline(const Tables& tables, const Node& node, const Seed& seed,
                            const Endpoint& source, const VipEntry& vip) {
    const Surroundings around{[&](std::uint32_t index) { return name_of(tables, index); },
                              [](std::uint32_t) { return std::string{}; },
                              [](unsigned) { return false; }};
    auto explanation = explain(world_of(tables, node, seed, vip), around, source, vip.key);
    explanation.vip = vip.name;
    explanation.home = name_of(tables, vip.home.at(explanation.position));
    add_reasons(explanation);
    if (!node.source4) hide(explanation.forward, kNobody4);
    if (!node.source6) hide(explanation.forward, kNobody6);
    return explanation;
}

}  // namespace lb::explain
