// SPDX-License-Identifier: Apache-2.0
/// The real lbd-check, and what the kernel says about a process of it.
#pragma once

#include <string>

#include <sys/types.h>

namespace lb::test {

inline constexpr auto kNoProgram =
    "lbd-check is not built: `make` puts it beside the tests, or name it in $LBD_CHECK";

/// Its path: $LBD_CHECK, or beside this program; empty if there is none.
std::string lbd_check();

/// "Uid", "CapEff", ... of /proc/PID/status, without the blanks before it; empty if it is gone.
std::string status_of(pid_t pid, const std::string& field);

/// The lbd-check that runs as a child of this process, 0: none.
pid_t prober();

/// Is one of its descriptors a file whose name contains this?  Root only.
bool has_open(pid_t pid, const std::string& name);

/// Until the process has this name, at most five seconds.
bool wait_for_name(pid_t pid, const std::string& name);

}  // namespace lb::test
