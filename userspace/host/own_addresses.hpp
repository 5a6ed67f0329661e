// SPDX-License-Identifier: Apache-2.0
/// The addresses that this host has now.
#pragma once

#include <optional>
#include <string>

#include "base/address.hpp"

namespace lb::host {

/// At any interface.
bool is_own(const Address& address);
/// The first at `interface` that is of the family of `vip`, valid beyond its link and no vip: one
/// in a network comes first, for others may be vips that VRRP has put there.
std::optional<Address> address_beside(const Address& vip, const std::string& interface);

}  // namespace lb::host
