// SPDX-License-Identifier: Apache-2.0
#include "health/channel.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <utility>

#include <asio/io_context.hpp>
#include <asio/posix/stream_descriptor.hpp>
#include <sys/socket.h>

#include "health/wire.hpp"

namespace lb::health {
namespace {

constexpr int kPacketsPerTurn = 64;  // then others may use the loop

/// A packet and at most one descriptor (SCM_RIGHTS), as recvmsg() and sendmsg() want them.
struct Message {
    Message(void* bytes, std::size_t size) : piece{bytes, size} {
        header.msg_iov = &piece;
        header.msg_iovlen = 1;
    }
    Message(const Message&) = delete;
    void make_room_for_a_descriptor() {
        header.msg_control = control.data();
        header.msg_controllen = control.size();
    }
    void attach(int descriptor) {
        make_room_for_a_descriptor();
        auto* rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(sizeof(descriptor));
        std::memcpy(CMSG_DATA(rights), &descriptor, sizeof(descriptor));
    }
    Fd descriptor() {
        const auto* rights = CMSG_FIRSTHDR(&header);
        if (!rights || rights->cmsg_level != SOL_SOCKET || rights->cmsg_type != SCM_RIGHTS)
            return {};
        int descriptor = -1;
        std::memcpy(&descriptor, CMSG_DATA(rights), sizeof(descriptor));
        return Fd{descriptor};
    }

    iovec piece;
    msghdr header{};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
};

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
            Message message{bytes.data(), bytes.size()};
            message.make_room_for_a_descriptor();
            const auto size = recvmsg(socket.native_handle(), &message.header,
                                      MSG_DONTWAIT | MSG_TRUNC | MSG_CMSG_CLOEXEC);
            if (size < 0 && would_block()) break;
            auto descriptor = size < 0 ? Fd{} : message.descriptor();
            if (size <= 0 || static_cast<std::size_t>(size) > bytes.size()) return close();
            packet({bytes.data(), static_cast<std::size_t>(size)}, std::move(descriptor));
        }
        if (open) wait_to_read();
    }

    void write() {
        while (!waiting.empty()) {
            auto& [bytes, descriptor] = waiting.front();
            Message message{bytes.data(), bytes.size()};
            if (descriptor) message.attach(descriptor.get());
            const auto sent =
                sendmsg(socket.native_handle(), &message.header, MSG_DONTWAIT | MSG_NOSIGNAL);
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
    std::deque<std::pair<std::string, Fd>> waiting;
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

void Channel::send(std::string packet, Fd descriptor) {
    if (!inside_->open) return;
    inside_->waiting.emplace_back(std::move(packet), std::move(descriptor));
    if (!inside_->writing) inside_->write();
}

}  // namespace lb::health
