// SPDX-License-Identifier: Apache-2.0
#include "health/packet.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include <sys/socket.h>

#include "health/wire.hpp"

namespace lb::health {
namespace {

using Length = std::uint16_t;
constexpr unsigned kHasDescriptor = 0x8000;  // of a length
static_assert(kLargestMessage < kHasDescriptor &&
              kLargestMessage + sizeof(Length) <= kLargestPacket);

/// What sendmsg() and recvmsg() want to know: where bytes and descriptors (SCM_RIGHTS) are.
struct Envelope {
    explicit Envelope(std::string& bytes) : piece{bytes.data(), bytes.size()} {
        header.msg_iov = &piece;
        header.msg_iovlen = 1;
        header.msg_control = control.data();
    }
    Envelope(const Envelope&) = delete;

    iovec piece;
    msghdr header{};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(kMostDescriptors * sizeof(int))> control{};
};

void attach(Envelope& envelope, const std::vector<Fd>& descriptors) {
    std::vector<int> numbers;
    for (const auto& descriptor : descriptors)
        numbers.push_back(descriptor.get());
    const auto size = numbers.size() * sizeof(int);
    envelope.header.msg_controllen = CMSG_SPACE(size);
    auto* rights = CMSG_FIRSTHDR(&envelope.header);
    rights->cmsg_level = SOL_SOCKET;
    rights->cmsg_type = SCM_RIGHTS;
    rights->cmsg_len = CMSG_LEN(size);
    std::memcpy(CMSG_DATA(rights), numbers.data(), size);
}

std::vector<Fd> detach(const Envelope& envelope) {
    std::vector<Fd> found;
    const auto* rights = CMSG_FIRSTHDR(&envelope.header);
    if (!rights || rights->cmsg_level != SOL_SOCKET || rights->cmsg_type != SCM_RIGHTS)
        return found;
    std::vector<int> numbers((rights->cmsg_len - CMSG_LEN(0)) / sizeof(int));
    std::memcpy(numbers.data(), CMSG_DATA(rights), numbers.size() * sizeof(int));
    for (const int number : numbers)
        found.emplace_back(number);
    return found;
}

}  // namespace

void pack(std::string& packet, std::string_view message, bool has_descriptor) {
    const auto length = static_cast<Length>(message.size() | (has_descriptor ? kHasDescriptor : 0));
    packet.append(reinterpret_cast<const char*>(&length), sizeof(length));
    packet.append(message);
}

std::optional<Packed> unpack(std::string_view& packet) {
    Length length = 0;
    if (packet.size() < sizeof(length)) return {};
    std::memcpy(&length, packet.data(), sizeof(length));
    const std::size_t size = length & ~kHasDescriptor;
    if (packet.size() - sizeof(length) < size) return {};
    const auto message = packet.substr(sizeof(length), size);
    packet.remove_prefix(sizeof(length) + size);
    return Packed{message, (length & kHasDescriptor) != 0};
}

bool Packet::put(std::string_view message, Fd& descriptor) {
    if (bytes.size() + sizeof(Length) + message.size() > kLargestPacket ||
        (descriptor && descriptors.size() == kMostDescriptors))
        return false;
    pack(bytes, message, static_cast<bool>(descriptor));
    if (descriptor) descriptors.push_back(std::move(descriptor));
    return true;
}

ssize_t send_packet(int socket, Packet& packet) {
    Envelope envelope{packet.bytes};
    if (!packet.descriptors.empty()) attach(envelope, packet.descriptors);
    return sendmsg(socket, &envelope.header, MSG_DONTWAIT | MSG_NOSIGNAL);
}

ssize_t receive_packet(int socket, Packet& packet) {
    packet.bytes.resize(kLargestPacket);
    Envelope envelope{packet.bytes};
    envelope.header.msg_controllen = envelope.control.size();
    const auto size =
        recvmsg(socket, &envelope.header, MSG_DONTWAIT | MSG_TRUNC | MSG_CMSG_CLOEXEC);
    if (size < 0) return size;
    packet.descriptors = detach(envelope);
    packet.bytes.resize(std::min(static_cast<std::size_t>(size), kLargestPacket));
    return size;
}

}  // namespace lb::health
