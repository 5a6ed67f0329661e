// SPDX-License-Identifier: Apache-2.0
/// What lbd-check gives up before it reads the first byte of a backend (reliability.md 6.2).
///
/// Landlock: files can be read (`tls_ca` may lie anywhere) and nothing else; no signal and no
/// abstract socket reaches another process.  seccomp: the system calls that checks need, sockets of
/// IPv4 and IPv6 only; all others fail with ENOSYS.  Where the kernel lacks one of them the other
/// still holds, and so does what spawn() did: own uid, no capabilities, no new privileges.
/// Sources: Documentation/userspace-api/landlock.rst, seccomp_filter.rst.
#pragma once

#include "base/result.hpp"

namespace lb::health {

/// For this process, for good.  An error: the kernel has it and refused.
Result<> confine();

}  // namespace lb::health
