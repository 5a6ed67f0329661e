// SPDX-License-Identifier: Apache-2.0
/// Spares: tcp sockets whose last check passed, ready to connect again.
///
/// connect() with AF_UNSPEC ends a connection with RST and leaves the socket as if it were new,
/// with another port and another source address when it connects again (connect(2);
/// tcp_disconnect() of Linux).  A check then makes two system calls where it made eight.
/// Connections are never used again, and a socket whose check failed is closed: only what went well
/// is known to be clean.
#pragma once

#include <array>
#include <vector>

#include "base/fd.hpp"
#include "health/sockets.hpp"

namespace lb::health {

class Spares {
public:
    explicit Spares(Sockets& sockets) : sockets_{sockets} {}

    /// One of this family, AF_INET or AF_INET6; empty: there is none.
    Fd take(int family);
    /// A connected socket, watched with EPOLLET by Sockets, which goes on watching it.
    void give(Fd socket, int family);

private:
    std::vector<Fd>& of(int family);

    Sockets& sockets_;
    std::array<std::vector<Fd>, 2> idle_;  // the last one given is the first one taken
};

}  // namespace lb::health
