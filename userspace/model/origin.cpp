// SPDX-License-Identifier: Apache-2.0
#include "model/origin.hpp"

#include <array>

namespace lb {

const char* text(Origin origin) {
    static constexpr std::array kWords{"built_in", "defaults", "backend", "pool",     "vip",
                                       "node",     "http",     "file",    "elsewhere"};
    return kWords.at(static_cast<std::size_t>(origin));
}

}  // namespace lb
