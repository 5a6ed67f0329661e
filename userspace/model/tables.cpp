// SPDX-License-Identifier: Apache-2.0
#include "model/tables.hpp"

namespace lb {

lb_settings hash_keys(const Seed& seed) {
    const auto key = [&](std::size_t number) {
        return siphash(seed, "lbd hash key " + std::to_string(number));
    };
    lb_settings settings{};
    for (std::size_t i = 0; i < LB_HASH_KEYS; ++i)
        settings.hash_key[i] = static_cast<std::uint32_t>(key(i));
    settings.final_key = key(LB_HASH_KEYS);
    return settings;
}

const char* text(lb_backend_state state) {
    if (state == LB_BACKEND_READY) return "ready";
    return state == LB_BACKEND_DRAIN ? "drain" : "off";
}

}  // namespace lb
