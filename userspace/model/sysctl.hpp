// SPDX-License-Identifier: Apache-2.0
/// Kernel settings of interfaces, as sysctl(8) takes them.
#pragma once

#include <string>

namespace lb {

/// "sysctl -w net.ipv4.conf.eth0.rp_filter=2".  What is a dot in the interface's name, as in
/// eth0.100, becomes a slash: with dots between the parts, sysctl makes one a dot again.
std::string set_ipv4_conf(std::string interface, const std::string& setting, int value);

}  // namespace lb
