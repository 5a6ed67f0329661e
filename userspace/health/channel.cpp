// SPDX-License-Identifier: Apache-2.0
#include "health/channel.hpp"

#include <array>
#include <cerrno>
#include <deque>

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <sys/socket.h>

#include "health/wire.hpp"

namespace lb::health {
namespace {

constexpr int kPacketsPerTurn = 64;  // then others may use the loop

bool would_block() {
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

}  // namespace

struct Channel::Inside : std::enable_shared_from_this<Channel::Inside> {
    Inside(asio::io_context& context, Fd fd, OnPacket on_packet, Callback on_closed)
        : socket{context, fd.release()},
          packet{std::move(on_packet)},
          closed{std::move(on_closed)} {}

    void wait_to_read() {
        socket.async_wait(asio::posix::stream_descriptor::wait_read,
                          [self = shared_from_this()](std::error_code stopped) {
                              if (!stopped && self->open) self->read();
                          });
    }

    void read() {
        std::array<char, kLargestPacket> bytes;
        for (int i = 0; open && i < kPacketsPerTurn; ++i) {
            const auto size =
                recv(socket.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_TRUNC);
            if (size < 0 && would_block()) break;
            if (size <= 0 || static_cast<std::size_t>(size) > bytes.size()) return close();
            packet({bytes.data(), static_cast<std::size_t>(size)});
        }
        if (open) wait_to_read();
    }

    void write() {
        while (!waiting.empty()) {
            const auto& first = waiting.front();
            const auto sent = ::send(socket.native_handle(), first.data(), first.size(),
                                     MSG_DONTWAIT | MSG_NOSIGNAL);
            if (sent < 0 && would_block()) break;
            waiting.pop_front();  // sent whole, or the other end is gone: read() learns it
        }
        if (waiting.empty() || writing) return;
        writing = true;
        socket.async_wait(asio::posix::stream_descriptor::wait_write,
                          [self = shared_from_this()](std::error_code stopped) {
                              self->writing = false;
                              if (!stopped && self->open) self->write();
                          });
    }

    void close() {
        open = false;
        if (const auto tell = closed) tell();
    }

    asio::posix::stream_descriptor socket;
    OnPacket packet;
    Callback closed;
    std::deque<std::string> waiting;
    bool writing = false;
    bool open = true;
};

Channel::Channel(Loop& loop, Fd socket, OnPacket packet, Callback closed)
    : inside_{std::make_shared<Inside>(loop.context(), std::move(socket), std::move(packet),
                                       std::move(closed))} {
    inside_->wait_to_read();
}

Channel::~Channel() {
    inside_->open = false;
    std::error_code ignored;
    inside_->socket.close(ignored);
}

void Channel::send(std::string packet) {
    if (!inside_->open) return;
    inside_->waiting.push_back(std::move(packet));
    if (!inside_->writing) inside_->write();
}

}  // namespace lb::health
