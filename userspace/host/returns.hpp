// SPDX-License-Identifier: Apache-2.0
/// Would this host take an answer that a backend sends in the name of a vip?  As the kernel says it
/// now; what follows from it: obstacle() in model/host.hpp.
#pragma once

#include <map>
#include <string>

#include "host/own_addresses.hpp"
#include "model/host.hpp"

namespace lb::host {

/// The larger of the interface's setting and all's, as the kernel uses it; 0 if there is none.
/// `name`: "accept_local", "rp_filter".
int setting(const std::string& interface, const char* name);

/// What an interface does with answers to vips, and which of these are the host's own.
class Returns {
public:
    static Returns now();
    ReturnRules of(const Address& vip, const std::string& interface);
    const OwnAddresses& addresses() const { return addresses_; }

private:
    struct Settings {
        int accept_local, rp_filter;
    };
    OwnAddresses addresses_;
    std::map<std::string, Settings> settings_;  // by interface, of those that were asked for
};

}  // namespace lb::host
