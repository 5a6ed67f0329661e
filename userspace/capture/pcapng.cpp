// SPDX-License-Identifier: Apache-2.0
#include "capture/pcapng.hpp"

#include <algorithm>
#include <concepts>

namespace lb::capture {
namespace {

enum Block : std::uint32_t {
    kSection = 0x0a0d0d0a,
    kInterface = 1,
    kStatistics = 5,
    kPacket = 6,
};
enum Option : std::uint16_t {
    kEnd = 0,
    kComment = 1,
    kInterfaceName = 2,
    kPacketFlags = 2,
    kApplication = 4,
    kDropped = 5,
};
constexpr std::uint32_t kByteOrder = 0x1a2b3c4d;
constexpr std::uint16_t kEthernet = 1;  // LINKTYPE_ETHERNET
constexpr std::size_t kLongestOption = 0xffff;

template <std::unsigned_integral T>
std::string number(T value) {
    std::string text;
    for (unsigned shift = 0; shift < 8 * sizeof(T); shift += 8)
        text += static_cast<char>(value >> shift & 0xff);
    return text;
}

std::string padded(std::string text) {
    text.resize((text.size() + 3) / 4 * 4, '\0');
    return text;
}

std::string option(std::uint16_t code, std::string_view value) {
    const auto kept = value.substr(0, kLongestOption);
    return number(code) + number(static_cast<std::uint16_t>(kept.size())) +
           padded(std::string{kept});
}

std::string end_of_options() {
    return option(kEnd, {});
}

/// Two words, the upper one first.
std::string timestamp(std::uint64_t at_us) {
    return number(static_cast<std::uint32_t>(at_us >> 32)) +
           number(static_cast<std::uint32_t>(at_us));
}

}  // namespace

Pcapng::Pcapng(std::string_view application, std::uint32_t snap) : snap_{snap} {
    constexpr std::uint16_t kMajor = 1, kMinor = 0;
    constexpr std::uint64_t kUnknownLength = ~std::uint64_t{0};
    add_block(kSection, number(kByteOrder) + number(kMajor) + number(kMinor) +
                            number(kUnknownLength) + option(kApplication, application) +
                            end_of_options());
}

void Pcapng::add(const Frame& frame) {
    const auto id = interface(frame.interface);
    const auto kept = frame.bytes.substr(0, snap_);
    last_us_ = std::max(last_us_, frame.at_us);
    add_block(kPacket,
              number(id) + timestamp(frame.at_us) +
                  number(static_cast<std::uint32_t>(kept.size())) + number(frame.length) +
                  padded(kept) + option(kComment, frame.comment) +
                  option(kPacketFlags, number(static_cast<std::uint32_t>(frame.direction))) +
                  end_of_options());
}

/// Statistics belong to an interface: to the first one, as the program does not tell them apart.
void Pcapng::add_losses(std::uint64_t frames) {
    if (interfaces_.empty()) return;
    add_block(kStatistics, number(std::uint32_t{0}) + timestamp(last_us_) +
                               option(kDropped, number(frames)) + end_of_options());
}

std::uint32_t Pcapng::interface(const std::string& name) {
    const auto [found, is_new] =
        interfaces_.try_emplace(name, static_cast<std::uint32_t>(interfaces_.size()));
    if (is_new)
        add_block(kInterface, number(kEthernet) + number(std::uint16_t{0}) + number(snap_) +
                                  option(kInterfaceName, name) + end_of_options());
    return found->second;
}

/// Its size stands at both ends, so that readers can go back.
void Pcapng::add_block(std::uint32_t type, const std::string& body) {
    const auto size = number(static_cast<std::uint32_t>(body.size() + 3 * sizeof(std::uint32_t)));
    text_ += number(type) + size + body + size;
}

}  // namespace lb::capture
