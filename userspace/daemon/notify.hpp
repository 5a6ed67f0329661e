// SPDX-License-Identifier: Apache-2.0
/// What systemd wants to hear (sd_notify(3)): one datagram to $NOTIFY_SOCKET.  Nothing without it.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace lb::daemon {

/// "READY=1\nSTATUS=...": lines of sd_notify(3).
void notify(const std::string& lines);

/// How often WATCHDOG=1 is due: half of $WATCHDOG_USEC.
std::optional<std::chrono::microseconds> watchdog_period();

}  // namespace lb::daemon
