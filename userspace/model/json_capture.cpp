// SPDX-License-Identifier: Apache-2.0
#include "model/json_capture.hpp"

#include "model/json_fields.hpp"

namespace lb::json {

std::string print(const CaptureView& capture) {
    return print_document(capture);
}

Result<CaptureView> parse_capture(const std::string& text) {
    return parse_document<CaptureView>(text);
}

}  // namespace lb::json
