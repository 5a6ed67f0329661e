// SPDX-License-Identifier: Apache-2.0
/// Which sockets this host has, as the kernel says (sock_diag(7)).
#pragma once

#include <cstdint>
#include <set>

#include "base/address.hpp"
#include "base/result.hpp"

namespace lb::host {

/// The addresses of this network namespace at which TCP port `port` listens, wildcards excepted, or
/// has a connection.  An error means that the kernel cannot be asked.  Needs no privilege.
Result<std::set<Address>> addresses_of_tcp(std::uint16_t port);

}  // namespace lb::host
