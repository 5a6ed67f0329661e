// SPDX-License-Identifier: Apache-2.0
#include "dataplane/returns.hpp"

#include <algorithm>
#include <cstdlib>

#include "base/file.hpp"
#include "dataplane/own_addresses.hpp"

namespace lb::dataplane {
namespace {

constexpr int kStrict = 1;

int setting(const std::string& interface, const char* name) {
    const auto text = read_file("/proc/sys/net/ipv4/conf/" + interface + "/" + name);
    return text ? std::atoi(text->c_str()) : 0;
}

}  // namespace

std::string obstacle(const Address& vip, const std::string& interface, const ReturnRules& rules) {
    if (!vip.is_v4()) return {};
    const auto sysctl = "sysctl -w net.ipv4.conf." + interface;
    if (rules.is_own && !rules.accept_local)
        return "vip " + vip.text() +
               " is an address of this host, which drops the answers to its checks: " + sysctl +
               ".accept_local=1";
    if (rules.is_own && rules.rp_filter == kStrict)
        return "rp_filter drops the answers to checks of vip " + vip.text() + ": " + sysctl +
               ".rp_filter=2";
    return {};
}

ReturnRules return_rules(const Address& vip, const std::string& interface) {
    if (!vip.is_v4()) return {};
    const auto either = [&](const char* name) {
        return std::max(setting(interface, name), setting("all", name));
    };
    return {is_own(vip), either("accept_local") != 0, either("rp_filter")};
}

}  // namespace lb::dataplane
