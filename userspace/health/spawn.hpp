// SPDX-License-Identifier: Apache-2.0
/// Starts a program that must be able to do nothing: another user, no capability, no way to get
/// one back, and no descriptor but 0, 1, 2 and its end of a socket pair as 3 (reliability.md 6.2).
#pragma once

#include <optional>
#include <string>

#include <sys/types.h>

#include "base/fd.hpp"
#include "base/result.hpp"

namespace lb::health {

/// Whom a program runs as.
struct Account {
    uid_t uid = 0;
    gid_t gid = 0;
};

/// When we are root: the account `name`, else "nobody".  Fails if there is neither, or if it is
/// root.  When we are not root: nothing, the program stays who we are.
Result<std::optional<Account>> unprivileged(const std::string& name);

struct Spawned {
    Fd process;  ///< pidfd: readable when it ended
    Fd socket;   ///< our end of the SOCK_SEQPACKET pair, non-blocking
    pid_t pid = 0;
};

/// The program is opened with our rights, before they are dropped: its folder may be closed to
/// `account`.  It is killed when this thread ends.  Any failure up to exec comes back as an error.
Result<Spawned> spawn(const std::string& program, const std::optional<Account>& account);

}  // namespace lb::health
