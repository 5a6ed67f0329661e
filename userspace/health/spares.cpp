// SPDX-License-Identifier: Apache-2.0
#include "health/spares.hpp"

#include <utility>

#include <sys/socket.h>

namespace lb::health {
namespace {

constexpr std::size_t kMost = 256;  // of a family: as many as are in flight on a quick network

}  // namespace

std::vector<Fd>& Spares::of(int family) {
    return idle_[family == AF_INET6 ? 1 : 0];
}

Fd Spares::take(int family) {
    auto& idle = of(family);
    if (idle.empty()) return {};
    auto socket = std::move(idle.back());
    idle.pop_back();
    return socket;
}

void Spares::give(Fd socket, int family) {
    const sockaddr nobody{AF_UNSPEC, {}};
    auto& idle = of(family);
    const auto unheard = [](std::uint32_t) {};
    if (idle.size() < kMost && sockets_.watch(socket.get(), kToConnect, unheard) == 0 &&
        connect(socket.get(), &nobody, sizeof(nobody)) == 0)
        return idle.push_back(std::move(socket));
    sockets_.forget(socket.get());
}

}  // namespace lb::health
