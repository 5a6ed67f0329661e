// SPDX-License-Identifier: Apache-2.0
/// Would this host take an answer that a backend sends in the name of a vip?  As the kernel says it
/// now; what follows from it: obstacle() in model/host.hpp.
#pragma once

#include <string>

#include "model/host.hpp"

namespace lb::host {

/// The larger of the interface's setting and all's, as the kernel uses it; 0 if there is none.
/// `name`: "accept_local", "rp_filter".
int setting(const std::string& interface, const char* name);

ReturnRules return_rules(const Address& vip, const std::string& interface);

}  // namespace lb::host
