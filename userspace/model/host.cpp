// SPDX-License-Identifier: Apache-2.0
#include "model/host.hpp"

namespace lb {
namespace {

constexpr int kStrict = 1;

}  // namespace

Obstacle obstacle(const Address& vip, const std::string& interface, const ReturnRules& rules) {
    if (!vip.is_v4() || !rules.is_own) return {};
    const auto sysctl = "sysctl -w net.ipv4.conf." + interface;
    if (!rules.accept_local)
        return {"vip " + vip.text() +
                    " is an address of this host, which drops the answers to its checks",
                sysctl + ".accept_local=1"};
    if (rules.rp_filter == kStrict)
        return {"rp_filter drops the answers to checks of vip " + vip.text(),
                sysctl + ".rp_filter=2"};
    return {};
}

std::string xdp_off(const std::string& interface, const std::string& mode) {
    const char* place = mode == "generic"     ? "xdpgeneric"
                        : mode == "offloaded" ? "xdpoffload"
                                              : "xdp";
    return "ip link set dev " + interface + " " + place + " off";
}

std::string HostVerdict::result() const {
    if (!unknown.empty()) return "unknown";
    return findings.empty() ? "ok" : text(severity);
}

}  // namespace lb
