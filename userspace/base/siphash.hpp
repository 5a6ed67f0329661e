// SPDX-License-Identifier: Apache-2.0
/// SipHash-2-4 (Aumasson, Bernstein, "SipHash: a fast short-input PRF", 2012): 64 keyed bits of a
/// byte string.  For names and identities in the control plane, never per packet.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace lb {

/// The secret of a fleet: 128 bits, the same on every host.
using Seed = std::array<std::uint8_t, 16>;

std::uint64_t siphash(const Seed& key, std::string_view bytes);

}  // namespace lb
