// SPDX-License-Identifier: Apache-2.0
/// Would this host take an answer that a backend sends in the name of a vip?
///
/// Linux drops IPv4 packets that come in with an address of its own as their source, unless
/// accept_local says otherwise, and in strict mode those whose way back is another one
/// (Documentation/networking/ip-sysctl.rst: accept_local, rp_filter).
#pragma once

#include <string>

#include "base/address.hpp"

namespace lb::dataplane {

/// What of it depends on the interface.
struct ReturnRules {
    bool is_own = false;        ///< the vip is an address of this host
    bool accept_local = false;  ///< of the interface, or of all
    int rp_filter = 0;  ///< 0 off, 1 strict, 2 loose: the larger of the interface's and all's
};

/// Empty: it would; else what to change, for people.
std::string obstacle(const Address& vip, const std::string& interface, const ReturnRules& rules);

/// As the kernel says it now.
ReturnRules return_rules(const Address& vip, const std::string& interface);

}  // namespace lb::dataplane
