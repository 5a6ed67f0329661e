// SPDX-License-Identifier: Apache-2.0
/// The document of a capture: text and back.
#pragma once

#include <string>

#include "base/result.hpp"
#include "model/capture.hpp"

namespace lb::json {

std::string print(const CaptureView& capture);
Result<CaptureView> parse_capture(const std::string& text);

}  // namespace lb::json
