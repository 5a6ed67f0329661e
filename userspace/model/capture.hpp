// SPDX-License-Identifier: Apache-2.0
/// What a capture is asked for, what the program copies, and the document that lbctl gets.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/duration.hpp"
#include "model/health.hpp"

namespace lb {

/// The bounds of a capture: docs/lbctl.md.
inline constexpr std::uint32_t kMostCaptured = 10'000;
inline constexpr std::uint32_t kLeastSnap = 64;
inline constexpr std::uint32_t kLargestSnap = 256;  // LB_CAPTURE_SNAP
inline constexpr milliseconds kLongestCapture{60'000};

/// What the packet program is told.
struct CaptureOrder {
    std::uint64_t verdicts = 0;        ///< a bit for each enum lb_verdict
    std::optional<std::uint32_t> vip;  ///< its number; absent: any
    std::uint32_t packets = 100;
    std::uint32_t snap = 128;  ///< bytes kept of a frame
    milliseconds duration{10'000};
};

/// One packet as the program copied it.
struct CaptureRecord {
    WallTime at;
    unsigned ingress = 0;               ///< ifindex
    unsigned egress = 0;                ///< ifindex; 0: the same, or it did not leave as ours
    std::uint32_t verdict = 0;          ///< enum lb_verdict
    std::uint32_t vip = 0;              ///< LB_VIP_NONE: no single one
    std::uint32_t backend = 0;          ///< LB_SLOT_NONE: it did not get that far
    std::uint32_t length = 0;           ///< of the frame as it came
    std::uint32_t length_after = 0;     ///< 0: it did not leave as ours
    std::vector<std::uint8_t> before;   ///< the first bytes of it
    std::vector<std::uint8_t> after{};  ///< and of what left
};

/// What a capture did not see.
struct CaptureLosses {
    std::uint64_t lost = 0;     ///< wanted, but lbd was too slow to take them
    std::uint64_t skipped = 0;  ///< not looked at: beyond the budget of their CPU
};

/// The same with names; bytes are hexadecimal.
struct CapturedPacket {
    std::uint64_t at_us = 0;  ///< since 1970, UTC
    std::string ingress;
    std::string egress;  ///< empty: it did not leave as ours
    std::string verdict;
    std::string vip;      ///< empty: no single one
    std::string backend;  ///< empty: it did not get that far
    std::uint32_t length = 0;
    std::uint32_t length_after = 0;
    std::string before;
    std::string after;
};

struct CaptureView {
    std::uint64_t lost = 0;
    std::uint64_t skipped = 0;
    std::vector<CapturedPacket> packets;
};

}  // namespace lb
