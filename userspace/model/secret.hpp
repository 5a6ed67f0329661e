// SPDX-License-Identifier: Apache-2.0
/// secret: which values are one, the seed and what a check sends, and what is shown in its place.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace lb {

inline constexpr auto kMasked = "masked";

/// Of a configuration, without those that they stand in.
inline constexpr std::array<std::string_view, 2> kSecretKeys{"seed", "send"};

constexpr bool is_secret(std::string_view key) {
    return std::ranges::find(kSecretKeys, key) != kSecretKeys.end();
}

}  // namespace lb
