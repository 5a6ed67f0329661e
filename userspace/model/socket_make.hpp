// SPDX-License-Identifier: Apache-2.0
/// SocketMake: what a check's socket through the tunnel was made for.  One that was made for the
/// same serves as well.
#pragma once

#include <cstdint>

#include "base/address.hpp"

namespace lb {

struct SocketMake {
    std::uint32_t backend = 0;  ///< its place in the tables, which the socket is marked with
    Address source{};           ///< to which it is bound
    bool operator==(const SocketMake&) const = default;
};

}  // namespace lb
