// SPDX-License-Identifier: Apache-2.0
#include "model/host.hpp"

#include <algorithm>

#include "model/sysctl.hpp"

namespace lb {
namespace {

constexpr int kStrict = 1;
constexpr std::uint32_t kFullPacket = 1500;  // of the internet, without jumbo frames

}  // namespace

Obstacle obstacle(const Address& vip, const std::string& interface, const ReturnRules& rules) {
    if (!vip.is_v4() || !rules.is_own) return {};
    if (!rules.accept_local)
        return {"vip " + vip.text() +
                    " is an address of this host, which drops the answers to its checks",
                set_ipv4_conf(interface, "accept_local", 1)};
    if (rules.rp_filter == kStrict)
        return {"rp_filter drops the answers to checks of vip " + vip.text(),
                set_ipv4_conf(interface, "rp_filter", 2)};
    return {};
}

std::string xdp_off(const std::string& interface, const std::string& mode) {
    const char* place = mode == "generic"     ? "xdpgeneric"
                        : mode == "offloaded" ? "xdpoffload"
                                              : "xdp";
    return "ip link set dev " + interface + " " + place + " off";
}

std::uint32_t largest_packet(const HostFacts& facts, const Spec& spec) {
    std::uint32_t largest = 0;
    for (const auto& name : spec.node.interfaces)
        if (const auto its = facts.interfaces.find(name); its != facts.interfaces.end())
            largest = std::max(largest, its->second.mtu);
    return std::min(largest, kFullPacket);
}

std::uint32_t overhead(ForwardMode forward, const Address& backend) {
    if (forward == ForwardMode::l2) return 0;
    const std::uint32_t ip = backend.is_v4() ? 20 : 40;
    return forward == ForwardMode::gue ? ip + 8 + 4 : ip;
}

std::string HostVerdict::result() const {
    if (!unknown.empty()) return "unknown";
    return findings.empty() ? "ok" : text(severity);
}

}  // namespace lb
