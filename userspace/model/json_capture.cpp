// SPDX-License-Identifier: Apache-2.0
#include "model/json_capture.hpp"

#include "model/json_fields.hpp"

namespace lb::json {

void fields(auto& io, Is<CapturedPacket> auto& packet) {
    io("at_us", packet.at_us);
    io("ingress", packet.ingress);
    io("egress", packet.egress);
    io("verdict", packet.verdict);
    io("vip", packet.vip);
    io("backend", packet.backend);
    io("length", packet.length);
    io("length_after", packet.length_after);
    io("before", packet.before);
    io("after", packet.after);
}

void fields(auto& io, Is<CaptureView> auto& capture) {
    io("lost", capture.lost);
    io("skipped", capture.skipped);
    io("packets", capture.packets);
}

std::string print(const CaptureView& capture) {
    return print_document(capture);
}

Result<CaptureView> parse_capture(const std::string& text) {
    return parse_document<CaptureView>(text);
}

}  // namespace lb::json
