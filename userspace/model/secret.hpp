// SPDX-License-Identifier: Apache-2.0
/// secret: what is shown in the place of one: of the seed, and of what a check sends.
#pragma once

namespace lb {

inline constexpr auto kMasked = "masked";

}  // namespace lb
