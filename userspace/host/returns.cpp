// SPDX-License-Identifier: Apache-2.0
#include "host/returns.hpp"

#include <algorithm>
#include <cstdlib>

#include "base/file.hpp"

namespace lb::host {
namespace {

int read(const std::string& interface, const char* name) {
    const auto text = read_file("/proc/sys/net/ipv4/conf/" + interface + "/" + name);
    return text ? std::atoi(text->c_str()) : 0;
}

}  // namespace

int setting(const std::string& interface, const char* name) {
    return std::max(read(interface, name), read("all", name));
}

Returns Returns::now() {
    Returns returns;
    returns.addresses_ = OwnAddresses::now();
    return returns;
}

ReturnRules Returns::of(const Address& vip, const std::string& interface) {
    if (!vip.is_v4()) return {};
    auto found = settings_.find(interface);
    if (found == settings_.end())
        found = settings_
                    .emplace(interface, Settings{setting(interface, "accept_local"),
                                                 setting(interface, "rp_filter")})
                    .first;
    const auto& [accept_local, rp_filter] = found->second;
    return {addresses_.contains(vip), accept_local != 0, rp_filter};
}

}  // namespace lb::host
