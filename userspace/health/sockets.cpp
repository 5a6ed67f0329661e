// SPDX-License-Identifier: Apache-2.0
#include "health/sockets.hpp"

#include <array>
#include <cerrno>
#include <utility>

#include <sys/epoll.h>

namespace lb::health {
namespace {

constexpr std::size_t kEventsPerTurn = 1024;  // then others may use the loop

}  // namespace

Sockets::Sockets(Loop& loop)
    : epoll_{epoll_create1(EPOLL_CLOEXEC)}, turn_{loop, epoll_.get(), [this] { dispatch(); }} {}

int Sockets::watch(int socket, std::uint32_t events, Ready ready) {
    const auto place = static_cast<std::size_t>(socket);
    if (place >= watched_.size()) watched_.resize(place + 1);
    auto& watched = watched_[place];
    watched.ready = std::move(ready);
    const auto before = std::exchange(watched.events, events);
    if (before == events) return 0;
    epoll_event event{events, {.u64 = std::uint64_t{watched.turn} << 32 | place}};
    const int operation = before == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
    if (epoll_ctl(epoll_.get(), operation, socket, &event) == 0) return 0;
    if (errno == EEXIST && epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, socket, &event) == 0)
        return 0;  // it was forgotten, and not closed
    const int err = errno;
    forget(socket);
    return err;
}

void Sockets::forget(int socket) {
    const auto place = static_cast<std::size_t>(socket);
    if (place >= watched_.size()) return;
    auto& watched = watched_[place];
    watched.events = 0;
    ++watched.turn;
    watched.ready = nullptr;
}

void Sockets::rest(int socket) {
    watched_[static_cast<std::size_t>(socket)].ready = [this, socket](std::uint32_t) {
        const auto& watched = watched_[static_cast<std::size_t>(socket)];
        if ((watched.events & EPOLLET) == 0) release(socket);
    };
}

void Sockets::release(int socket) {
    forget(socket);
    epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, socket, nullptr);
}

void Sockets::dispatch() {
    std::array<epoll_event, kEventsPerTurn> events;
    const int count = epoll_wait(epoll_.get(), events.data(), kEventsPerTurn, 0);
    for (int i = 0; i < count; ++i) {
        const auto& event = events[static_cast<std::size_t>(i)];
        const auto place = static_cast<std::uint32_t>(event.data.u64);
        const auto turn = static_cast<std::uint32_t>(event.data.u64 >> 32);
        if (watched_[place].turn != turn) {  // forgotten a moment ago, or not closed
            if (watched_[place].events == 0) release(static_cast<int>(place));
            continue;
        }
        auto ready = std::exchange(watched_[place].ready, nullptr);
        ready(event.events);  // may forget itself, and watch others
        if (auto& after = watched_[place]; after.turn == turn && !after.ready)
            after.ready = std::move(ready);
    }
}

}  // namespace lb::health
