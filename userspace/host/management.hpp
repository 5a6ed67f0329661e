// SPDX-License-Identifier: Apache-2.0
/// At which addresses this host is managed: who uses SSH, and where it listens.
#pragma once

#include <set>
#include <string>

#include "base/address.hpp"

namespace lb::host {

/// The local addresses in /proc/net/tcp or tcp6 (proc(5)) at which port 22 listens, wildcards
/// excepted, or has a connection.  Pure.
std::set<Address> ssh_in(const std::string& table);

/// ... of both tables, and the server of $SSH_CONNECTION (sshd(8)), whatever its port; empty: this
/// is no session.
std::set<Address> managed_at(const std::string& ssh_connection);

}  // namespace lb::host
