// SPDX-License-Identifier: Apache-2.0
#include "health/kept.hpp"

#include <utility>

namespace lb::health {

void Kept::put(std::uint32_t check, Fd socket) {
    drop(check);
    if (sockets_of_.size() < most_)
        sockets_of_.emplace(check, std::move(socket));
    else
        sockets_.release(socket.get());
}

Fd Kept::take(std::uint32_t check) {
    auto found = sockets_of_.extract(check);
    return found ? std::move(found.mapped()) : Fd{};
}

void Kept::drop(std::uint32_t check) {
    if (const auto socket = take(check)) sockets_.release(socket.get());
}

}  // namespace lb::health
