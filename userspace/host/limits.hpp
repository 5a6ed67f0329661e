// SPDX-License-Identifier: Apache-2.0
/// How many files a process may open, and which process listens on a unix socket.
#pragma once

#include <optional>
#include <string>

#include <sys/types.h>

#include "base/result.hpp"
#include "model/host.hpp"

namespace lb::host {

/// Of /proc/PID/limits (proc(5)).  Pure; an error: it does not say.
Result<DescriptorLimit> descriptors_in(const std::string& limits);
Result<DescriptorLimit> descriptors_of(pid_t process);

/// Who listens on a unix socket; nothing: nobody.
std::optional<pid_t> listener_at(const std::string& socket);

}  // namespace lb::host
