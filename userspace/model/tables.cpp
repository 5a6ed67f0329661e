// SPDX-License-Identifier: Apache-2.0
#include "model/tables.hpp"

namespace lb {

lb_hash_keys hash_keys(const Seed& seed) {
    const auto key = [&](std::size_t number) {
        return siphash(seed, "lbd hash key " + std::to_string(number));
    };
    lb_hash_keys keys{};
    for (std::size_t i = 0; i < LB_HASH_KEYS; ++i)
        keys.word[i] = static_cast<std::uint32_t>(key(i));
    keys.last = key(LB_HASH_KEYS);
    return keys;
}

const char* text(lb_backend_state state) {
    if (state == LB_BACKEND_READY) return "ready";
    return state == LB_BACKEND_DRAIN ? "drain" : "off";
}

}  // namespace lb
