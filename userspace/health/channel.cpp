// SPDX-License-Identifier: Apache-2.0
#include "health/channel.hpp"

#include <cerrno>
#include <deque>
#include <optional>
#include <utility>

#include "health/packet.hpp"

namespace lb::health {
namespace {

constexpr auto kUntilItHasRead = std::chrono::milliseconds{1};

bool would_block() {
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

}  // namespace

struct Channel::Inside : std::enable_shared_from_this<Channel::Inside> {
    Inside(Loop& l, Fd fd, OnMessage on_message, Callback on_closed)
        : loop{l},
          socket{std::move(fd)},
          message{std::move(on_message)},
          closed{std::move(on_closed)},
          readable{std::in_place, loop, socket.get(), [this] { read(); }},
          again{loop} {}

    /// One packet, however many there are: then others may use the loop.
    void read() {
        const auto self = shared_from_this();  // whoever hears it may destroy the Channel
        const auto size = receive_packet(socket.get(), heard);
        if (size < 0 && would_block()) return;
        if (size <= 0 || std::cmp_greater(size, kLargestPacket)) return close();
        tell();
    }

    void tell() {
        std::string_view rest = heard.bytes;
        auto next = heard.descriptors.begin();
        while (open && !rest.empty()) {
            const auto first = unpack(rest);
            if (!first) return close();
            const bool has_one = first->has_descriptor;
            if (has_one && next == heard.descriptors.end()) return close();  // we may have no more
            message(first->message, has_one ? std::move(*next++) : Fd{});
        }
    }

    void put(std::string_view said, Fd descriptor) {
        if (waiting.empty() || !waiting.back().put(said, descriptor))
            waiting.emplace_back().put(said, descriptor);
        if (writing) return;
        writing = true;
        loop.post([self = shared_from_this()] { self->write(); });  // after this turn
    }

    void write() {
        writing = false;
        while (open && !waiting.empty()) {
            const auto sent = send_packet(socket.get(), waiting.front());
            if (sent < 0 && would_block()) return write_again();
            waiting.pop_front();  // sent whole, or the other end is gone: read() learns it
        }
    }

    /// Rare: when all checks are told at once.  Not when it is writable: that would wake us for
    /// every packet which the other end reads, ever after.
    void write_again() {
        writing = true;
        again.in(kUntilItHasRead, [this] { write(); });
    }

    void close() {
        open = false;
        readable.reset();
        if (const auto tell_it = closed) tell_it();
    }

    Loop& loop;
    Fd socket;
    OnMessage message;
    Callback closed;
    std::optional<Watch> readable;  // until it is closed
    Packet heard;                   // the last one; its memory serves the next
    std::deque<Packet> waiting;
    Timer again;
    bool writing = false;  // somebody will
    bool open = true;
};

Channel::Channel(Loop& loop, Fd socket, OnMessage message, Callback closed)
    : inside_{std::make_shared<Inside>(loop, std::move(socket), std::move(message),
                                       std::move(closed))} {}

Channel::~Channel() {
    inside_->open = false;
    inside_->readable.reset();
}

void Channel::send(std::string_view message, Fd descriptor) {
    if (inside_->open) inside_->put(message, std::move(descriptor));
}

}  // namespace lb::health
