// SPDX-License-Identifier: Apache-2.0
/// Sockets: waits for many sockets that live for a few milliseconds, on our loop.
///
/// An epoll descriptor of its own, which the loop watches.  Asio's descriptors make four system
/// calls in the life of a check that needs seven others; here it is one, because a socket leaves
/// the set when it is closed.  So no socket here may have a duplicate.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "base/fd.hpp"
#include "base/loop.hpp"

namespace lb::health {

class Sockets {
public:
    /// With EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP, as the kernel says.
    using Ready = std::function<void(std::uint32_t events)>;

    explicit Sockets(Loop& loop);

    /// While one of `events` (EPOLLIN, EPOLLOUT) is true of the socket, or an error, `ready` is
    /// called from the loop; with EPOLLET once, when it becomes true.  It replaces what was watched
    /// for before.  An errno, 0: it is watched.
    int watch(int socket, std::uint32_t events, Ready ready);
    /// Watched on, and nobody hears of it until the next watch(), which costs no system call if it
    /// is for the same events.  Without EPOLLET among them the first event ends that, or idle
    /// sockets would keep the loop busy.
    void rest(int socket);
    /// Before it is closed: not watched any more.
    void forget(int socket);
    /// Not watched any more, and somebody else's to close.
    void release(int socket);

private:
    struct Watched {
        Ready ready;
        std::uint32_t events = 0;  ///< 0: not watched
        std::uint32_t turn = 0;    ///< of this descriptor's owners: another's event is old
    };
    /// All that are ready: what has come back goes before new attempts, or they would pile up.
    void dispatch();

    Fd epoll_;
    std::vector<Watched> watched_;  // by descriptor
    Watch turn_;
};

}  // namespace lb::health
