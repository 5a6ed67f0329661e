// SPDX-License-Identifier: Apache-2.0
/// Where random tests get their seed: from LBD_SEED, or a new one each time; printed either way.
#pragma once

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>
#include <string>

namespace lb::test {

inline std::mt19937_64 seeded_random() {
    const char* given = std::getenv("LBD_SEED");
    const std::uint64_t seed = given ? std::stoull(given) : std::random_device{}();
    std::cout << "seed: LBD_SEED=" << seed << std::endl;  // flushed: a sanitizer may end it
    return std::mt19937_64{seed};
}

}  // namespace lb::test
