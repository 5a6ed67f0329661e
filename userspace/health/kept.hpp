// SPDX-License-Identifier: Apache-2.0
/// Kept: lbd's sockets that wait in lbd-check for the next attempt of their check, which opens,
/// sends, marks and binds none then.
///
/// Invariant: at most one for each check, and at most `most`: attempts need descriptors, too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "base/fd.hpp"
#include "health/sockets.hpp"

namespace lb::health {

class Kept {
public:
    Kept(Sockets& sockets, std::size_t most) : sockets_{sockets}, most_{most} {}

    /// One that Sockets watches.  It is closed, if there are enough.
    void put(std::uint32_t check, Fd socket);
    /// Empty: there is none.
    Fd take(std::uint32_t check);
    bool has(std::uint32_t check) const { return sockets_of_.contains(check); }
    void drop(std::uint32_t check);

private:
    Sockets& sockets_;
    std::size_t most_;
    std::unordered_map<std::uint32_t, Fd> sockets_of_;  // by check
};

}  // namespace lb::health
