// SPDX-License-Identifier: Apache-2.0
#include "model/sysctl.hpp"

#include <algorithm>

namespace lb {

std::string set_ipv4_conf(std::string interface, const std::string& setting, int value) {
    std::ranges::replace(interface, '.', '/');
    return "sysctl -w net.ipv4.conf." + interface + "." + setting + "=" + std::to_string(value);
}

}  // namespace lb
