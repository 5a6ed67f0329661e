// SPDX-License-Identifier: Apache-2.0
#include "cli/capture.hpp"

#include <algorithm>
#include <ctime>

#include "capture/flow.hpp"
#include "capture/pcapng.hpp"

namespace lb::cli {
namespace {

constexpr std::uint64_t kMillion = 1'000'000;

unsigned digit(char c) {
    return static_cast<unsigned>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

std::string from_hex(const std::string& digits) {
    std::string bytes;
    for (std::size_t at = 0; at + 1 < digits.size(); at += 2)
        bytes += static_cast<char>(digit(digits[at]) << 4 | digit(digits[at + 1]));
    return bytes;
}

/// "10:00:00.123456", UTC.
std::string time_of_day(std::uint64_t at_us) {
    const auto seconds = static_cast<std::time_t>(at_us / kMillion);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    char text[sizeof "10:00:00"];
    (void)std::strftime(text, sizeof text, "%T", &parts);
    const auto fraction = std::to_string(at_us % kMillion);
    return text + ("." + std::string(6 - fraction.size(), '0')) + fraction;
}

std::string belongings(const CapturedPacket& packet) {
    std::string words;
    if (!packet.vip.empty()) words += ", vip " + packet.vip;
    if (!packet.backend.empty()) words += ", backend " + packet.backend;
    return words;
}

std::string line_of(const CapturedPacket& packet) {
    auto verdict = packet.verdict;
    verdict.resize(std::max<std::size_t>(verdict.size(), 16), ' ');
    auto line = time_of_day(packet.at_us) + "  " + verdict + "  " +
                capture::flow_of(from_hex(packet.before)) + "  " + std::to_string(packet.length) +
                " bytes in " + packet.ingress;
    if (packet.length_after > 0)
        line += ", " + std::to_string(packet.length_after) + " out " + packet.egress;
    return line + belongings(packet) + "\n";
}

std::string comment_of(const CapturedPacket& packet, const char* which) {
    return which + (": verdict " + packet.verdict) + belongings(packet);
}

}  // namespace

std::string capture_lines(const CaptureView& capture) {
    std::string lines;
    for (const auto& packet : capture.packets)
        lines += line_of(packet);
    return lines;
}

std::string capture_file(const CaptureView& capture, std::uint32_t snap) {
    using capture::Direction;
    capture::Pcapng file{"lbctl " LBD_VERSION, snap};
    for (const auto& packet : capture.packets) {
        file.add({packet.ingress, Direction::inbound, packet.at_us, from_hex(packet.before),
                  packet.length, comment_of(packet, "in")});
        if (packet.length_after > 0)
            file.add({packet.egress, Direction::outbound, packet.at_us, from_hex(packet.after),
                      packet.length_after, comment_of(packet, "out")});
    }
    file.add_losses(capture.lost);
    return file.text();
}

std::string capture_summary(const CaptureView& capture) {
    auto text = std::to_string(capture.packets.size()) + " packets";
    if (capture.lost > 0) text += ", " + std::to_string(capture.lost) + " lost";
    if (capture.skipped > 0)
        text +=
            "; " + std::to_string(capture.skipped) + " were not looked at, to keep forwarding fast";
    return text + "\n";
}

}  // namespace lb::cli
