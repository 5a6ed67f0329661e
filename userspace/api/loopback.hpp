// SPDX-License-Identifier: Apache-2.0
/// The listener for programs on this host that need no rights: TCP, on a loopback address.
#pragma once

#include <string_view>

#include "base/address.hpp"
#include "base/fd.hpp"
#include "base/result.hpp"

namespace lb::api {

/// A listening socket at `where`, non-blocking.  An address that is taken is an error that names
/// it.
Result<Fd> listen_at(const Endpoint& where);

/// Whether a request with this Host header was meant for us: `localhost` or a literal address,
/// with or without a port.  A web page elsewhere can make a browser on this host ask us by a name
/// of its own (DNS rebinding); it cannot make it say one of these.
bool is_own_host(std::string_view host);

}  // namespace lb::api
