// SPDX-License-Identifier: Apache-2.0
/// A capture as lbctl shows it: lines for a terminal, or a pcapng file.  Pure.
#pragma once

#include <cstdint>
#include <string>

#include "model/capture.hpp"

namespace lb::cli {

/// One line per packet: time, verdict, flow, backend, and how long it was and became.
std::string capture_lines(const CaptureView& capture);
/// Two frames for a packet that left as ours, one for any other; the comment of a frame has its
/// verdict, vip and backend.
std::string capture_file(const CaptureView& capture, std::uint32_t snap);
/// "20 packets", and what is missing.
std::string capture_summary(const CaptureView& capture);

}  // namespace lb::cli
