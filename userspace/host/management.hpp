// SPDX-License-Identifier: Apache-2.0
/// At which addresses this host is managed: who uses SSH, and where it listens.
#pragma once

#include <set>
#include <string>

#include "base/address.hpp"
#include "base/result.hpp"

namespace lb::host {

/// Where port 22 listens by name, or has a connection, and the server of $SSH_CONNECTION (sshd(8)),
/// whatever its port; empty: this is no session.
Result<std::set<Address>> managed_at(const std::string& ssh_connection);

}  // namespace lb::host
