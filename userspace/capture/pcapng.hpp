// SPDX-License-Identifier: Apache-2.0
/// Pcapng: captured frames -> the file that tshark and Wireshark open.
///
/// Four kinds of blocks (draft-ietf-opsawg-pcapng): the section header, an interface description
/// each, an enhanced packet each, interface statistics at the end.  Little endian, times in
/// microseconds.  It is text in memory: a capture is bounded.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace lb::capture {

enum class Direction : std::uint32_t { inbound = 1, outbound = 2 };

struct Frame {
    std::string interface;
    Direction direction = Direction::inbound;
    std::uint64_t at_us = 0;   ///< since 1970, UTC
    std::string bytes;         ///< as many as were kept
    std::uint32_t length = 0;  ///< of the frame on the wire
    std::string comment;
};

class Pcapng {
public:
    /// `snap`: what Frame.bytes never exceeds.
    Pcapng(std::string_view application, std::uint32_t snap);

    /// An interface is described when its first frame comes.
    void add(const Frame& frame);
    /// So many frames are missing in this file, of whichever interface.
    void add_losses(std::uint64_t frames);

    const std::string& text() const { return text_; }

private:
    std::uint32_t interface(const std::string& name);
    void add_block(std::uint32_t type, const std::string& body);

    std::uint32_t snap_;
    std::uint64_t last_us_ = 0;
    std::map<std::string, std::uint32_t> interfaces_;
    std::string text_;
};

}  // namespace lb::capture
