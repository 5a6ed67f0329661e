// SPDX-License-Identifier: Apache-2.0
#include "daemon/notify.hpp"

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include <sys/socket.h>
#include <sys/un.h>

#include "base/fd.hpp"

namespace lb::daemon {

void notify(const std::string& lines) {
    const char* path = std::getenv("NOTIFY_SOCKET");
    sockaddr_un to{};
    if (!path || std::strlen(path) >= sizeof(to.sun_path)) return;
    to.sun_family = AF_UNIX;
    std::strcpy(to.sun_path, path);
    if (path[0] == '@') to.sun_path[0] = '\0';  // abstract name space
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + std::strlen(path));
    const Fd socket_fd{socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
    sendto(socket_fd.get(), lines.data(), lines.size(), MSG_NOSIGNAL,
           reinterpret_cast<const sockaddr*>(&to), length);
}

std::optional<std::chrono::microseconds> watchdog_period() {
    const char* value = std::getenv("WATCHDOG_USEC");
    if (!value) return std::nullopt;
    const std::string_view text{value};
    long microseconds = 0;
    const auto [end, error] = std::from_chars(text.begin(), text.end(), microseconds);
    if (error != std::errc{} || microseconds <= 0) return std::nullopt;
    return std::chrono::microseconds{microseconds / 2};
}

}  // namespace lb::daemon
