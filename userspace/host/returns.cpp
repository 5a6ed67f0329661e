// SPDX-License-Identifier: Apache-2.0
#include "host/returns.hpp"

#include <algorithm>
#include <cstdlib>

#include "base/file.hpp"
#include "host/own_addresses.hpp"

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

ReturnRules return_rules(const Address& vip, const std::string& interface) {
    if (!vip.is_v4()) return {};
    return {is_own(vip), setting(interface, "accept_local") != 0, setting(interface, "rp_filter")};
}

}  // namespace lb::host
