// SPDX-License-Identifier: Apache-2.0
/// Any bytes as what a raw socket hears: an answer only if they hold id and payload of the request.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "health/icmp_message.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view message{reinterpret_cast<const char*>(data), size};
    for (const bool is_v4 : {true, false}) {
        const lb::health::Echo echo{is_v4, 0x4242, 0x4242424242424242};
        if (lb::health::answers(message, echo) &&
            message.find("BBBBBBBB") == std::string_view::npos)
            std::abort();
    }
    return 0;
}
