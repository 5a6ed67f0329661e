// SPDX-License-Identifier: Apache-2.0
/// The addresses that this host has now.
#pragma once

#include <optional>
#include <string>

#include "base/address.hpp"

namespace lb::host {

/// At any interface.
bool is_own(const Address& address);
/// The first at `interface` that is of the family of `like` and valid beyond its link.
std::optional<Address> address_at(const std::string& interface, const Address& like);

}  // namespace lb::host
