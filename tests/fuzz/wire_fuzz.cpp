// SPDX-License-Identifier: Apache-2.0
/// Any bytes as a message, and as a packet of messages, between lbd and lbd-check: refused, or
/// within all limits; what was accepted and is sent again arrives the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "health/packet.hpp"
#include "health/wire.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace lb::health;
    const std::string_view packet{reinterpret_cast<const char*>(data), size};
    if (const auto request = decode_request(packet)) {
        const auto again = encode(*request);
        if (!again || *again != packet) std::abort();
    }
    if (const auto reply = decode_reply(packet))
        if (encode(*reply) != packet) std::abort();
    std::string again;
    std::string_view rest = packet;
    while (const auto message = unpack(rest))
        pack(again, message->message, message->has_descriptor);
    if (again + std::string{rest} != packet) std::abort();
    return 0;
}
