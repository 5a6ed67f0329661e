// SPDX-License-Identifier: Apache-2.0
/// The addresses that this host has now.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/address.hpp"

namespace lb::host {

class OwnAddresses {
public:
    static OwnAddresses now();

    /// At any interface.
    bool contains(const Address& address) const;
    /// The first at `interface` that is of the family of `vip`, valid beyond its link and no vip:
    /// one in a network comes first, for others may be vips that VRRP has put there.
    std::optional<Address> beside(const Address& vip, const std::string& interface) const;

private:
    struct Own {
        Address address;
        std::string interface;
        bool stands_alone;  ///< with no network behind it: as VRRP puts a vip there
    };
    std::vector<Own> all_;
};

}  // namespace lb::host
