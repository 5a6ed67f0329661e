// SPDX-License-Identifier: Apache-2.0
#include "health/channel.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <sys/socket.h>

#include "health/wire.hpp"

namespace lb::health {
namespace {

constexpr std::size_t kMostDescriptors = 128;  // in a packet; the kernel takes 253
constexpr auto kUntilItHasRead = std::chrono::milliseconds{1};

/// A packet and its descriptors (SCM_RIGHTS), as recvmsg() and sendmsg() want them.
class Envelope {
public:
    Envelope(void* bytes, std::size_t size) : piece_{bytes, size} {
        header_.msg_iov = &piece_;
        header_.msg_iovlen = 1;
    }
    Envelope(const Envelope&) = delete;

    ssize_t receive(int socket) {
        header_.msg_control = control_.data();
        header_.msg_controllen = control_.size();
        return recvmsg(socket, &header_, MSG_DONTWAIT | MSG_TRUNC | MSG_CMSG_CLOEXEC);
    }
    ssize_t send(int socket, const std::vector<Fd>& descriptors) {
        if (!descriptors.empty()) attach(descriptors);
        return sendmsg(socket, &header_, MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    /// Those that were received, in the order in which they were sent.
    std::vector<Fd> descriptors() {
        std::vector<Fd> found;
        const auto* rights = CMSG_FIRSTHDR(&header_);
        if (!rights || rights->cmsg_level != SOL_SOCKET || rights->cmsg_type != SCM_RIGHTS)
            return found;
        std::vector<int> numbers((rights->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        std::memcpy(numbers.data(), CMSG_DATA(rights), numbers.size() * sizeof(int));
        for (const int number : numbers)
            found.emplace_back(number);
        return found;
    }

private:
    void attach(const std::vector<Fd>& descriptors) {
        const auto size = descriptors.size() * sizeof(int);
        header_.msg_control = control_.data();
        header_.msg_controllen = CMSG_SPACE(size);
        auto* rights = CMSG_FIRSTHDR(&header_);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(size);
        for (std::size_t i = 0; i < descriptors.size(); ++i) {
            const int number = descriptors[i].get();
            std::memcpy(CMSG_DATA(rights) + i * sizeof(number), &number, sizeof(number));
        }
    }

    iovec piece_;
    msghdr header_{};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(kMostDescriptors * sizeof(int))> control_{};
};

struct Packet {
    std::string bytes{};
    std::vector<Fd> descriptors{};

    bool has_room(std::string_view message, bool with_descriptor) const {
        return bytes.size() + packed_size(message) <= kLargestPacket &&
               descriptors.size() + with_descriptor <= kMostDescriptors;
    }
};

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
        std::array<char, kLargestPacket> bytes;
        Envelope envelope{bytes.data(), bytes.size()};
        const auto size = envelope.receive(socket.get());
        if (size < 0 && would_block()) return;
        auto descriptors = size < 0 ? std::vector<Fd>{} : envelope.descriptors();
        if (size <= 0 || static_cast<std::size_t>(size) > bytes.size()) return close();
        tell({bytes.data(), static_cast<std::size_t>(size)}, std::move(descriptors));
    }

    void tell(std::string_view packet, std::vector<Fd> descriptors) {
        auto next = descriptors.begin();
        while (open && !packet.empty()) {
            const auto first = unpack(packet);
            if (!first) return close();
            const bool has_one = first->has_descriptor && next != descriptors.end();
            message(first->message, has_one ? std::move(*next++) : Fd{});
        }
    }

    void put(std::string_view said, Fd descriptor) {
        const bool with_descriptor{descriptor};
        if (waiting.empty() || !waiting.back().has_room(said, with_descriptor))
            waiting.emplace_back();
        pack(waiting.back().bytes, said, with_descriptor);
        if (with_descriptor) waiting.back().descriptors.push_back(std::move(descriptor));
        if (writing) return;
        writing = true;
        loop.post([self = shared_from_this()] { self->write(); });  // after this turn
    }

    void write() {
        writing = false;
        while (open && !waiting.empty()) {
            auto& [bytes, descriptors] = waiting.front();
            const auto sent = Envelope{bytes.data(), bytes.size()}.send(socket.get(), descriptors);
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
