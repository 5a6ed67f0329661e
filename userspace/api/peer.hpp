// SPDX-License-Identifier: Apache-2.0
/// Who is at the other end of a unix socket.  Groups go by name, never by number.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "api/core.hpp"

namespace lb::api {

/// nullopt: there is no group of that name.
std::optional<gid_t> group_named(const std::string& name);

/// Root and members of `admins` may.
bool may_change(uid_t uid, const std::vector<gid_t>& groups, std::optional<gid_t> admins);

/// As the kernel recorded it when the peer connected (SO_PEERCRED, SO_PEERGROUPS).  What cannot be
/// read may not change anything.
Caller peer_of(int socket, std::optional<gid_t> admins);

}  // namespace lb::api
