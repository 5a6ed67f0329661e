// SPDX-License-Identifier: Apache-2.0
/// Spares: tcp sockets whose last check passed, whatever it asked, ready to connect again.
///
/// connect() with AF_UNSPEC ends a connection with RST and leaves the socket as if it were new,
/// with another port and another source address when it connects again (connect(2);
/// tcp_disconnect() of Linux).  A check then makes two system calls where it made eight.
/// Connections are never used again, and a socket whose check failed is closed: only what went well
/// is known to be clean.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include <sys/epoll.h>

#include "base/fd.hpp"
#include "health/sockets.hpp"

namespace lb::health {

/// A handshake is over.  Spares are watched for it all the time: no system call in a tcp check.
inline constexpr std::uint32_t kToConnect = EPOLLOUT | EPOLLET;

class Spares {
public:
    explicit Spares(Sockets& sockets) : sockets_{sockets} {}

    /// One of this family, AF_INET or AF_INET6; empty: there is none.
    Fd take(int family);
    /// A connected socket that Sockets watches, and goes on watching.
    void give(Fd socket, int family);

private:
    std::vector<Fd>& of(int family);

    Sockets& sockets_;
    std::array<std::vector<Fd>, 2> idle_;  // the last one given is the first one taken
};

}  // namespace lb::health
