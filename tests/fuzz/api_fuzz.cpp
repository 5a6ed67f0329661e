// SPDX-License-Identifier: Apache-2.0
/// Whatever a client sends: paths, bodies, and documents that only look like lbd's.
#include <cstdint>
#include <string>

#include "api/loopback.hpp"
#include "api/request.hpp"
#include "api/routes.hpp"
#include "model/json.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text{reinterpret_cast<const char*>(data), size};
    (void)lb::api::parse_apply(text).has_value();
    (void)lb::api::parse_override({"pool", "backend"}, text).has_value();
    (void)lb::api::route("POST", text, {});
    (void)lb::api::route("GET", text, {}, lb::api::Door::loopback);
    (void)lb::api::is_own_host(text);
    (void)lb::json::parse_explanation(text).has_value();
    (void)lb::json::parse_probes(text).has_value();
    (void)lb::json::parse_change(text).has_value();
    // What can be read can be printed, and read again with the same result.
    if (const auto status = lb::json::parse_status(text)) {
        const auto printed = lb::json::print(*status);
        const auto again = lb::json::parse_status(printed);
        if (!again || lb::json::print(*again) != printed) __builtin_trap();
    }
    return 0;
}
