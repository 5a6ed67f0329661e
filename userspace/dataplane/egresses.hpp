// SPDX-License-Identifier: Apache-2.0
/// Egresses: which entries of the map are in use, and by how many next hops.
///
/// Invariant: an entry does not change while a backend's nexthop names it, nor for a grace period
/// after the last one did.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "dataplane/grace.hpp"
#include "dataplane/map.hpp"

namespace lb::dataplane {

class Egresses {
public:
    /// Finds out what the backends' next hops name already.  Nothing else may have been named
    /// within the last grace period.
    Egresses(Array<lb_egress>& entries, const Array<lb_backend>& backends, Grace& grace);

    /// An entry with this content, complete; it is to be held at once.  nullopt: all are in use.
    std::optional<std::uint16_t> place(const lb_egress& content);
    void hold(std::uint16_t index) { ++uses_[index]; }
    void release(std::uint16_t index);
    const lb_egress& operator[](std::uint16_t index) const { return entries_[index]; }
    /// What was placed there is there.
    bool holds(std::uint16_t index) const;
    /// What was placed there, should somebody else have changed it.
    void restore(std::uint16_t index);

private:
    void collect();

    Array<lb_egress>& entries_;
    std::array<lb_egress, LB_MAX_EGRESSES> intended_{};  // what we have placed, or adopted
    Grace& grace_;
    std::array<std::uint32_t, LB_MAX_EGRESSES> uses_{};
    std::vector<std::uint16_t> retired_;  // unused, but a packet may still look at them
    bool collecting_ = false;
};

/// The egress in a nexthop word (abi.h); 0: unresolved.
inline std::uint16_t egress_of(std::uint64_t nexthop) {
    return static_cast<std::uint16_t>(nexthop >> LB_NEXTHOP_EGRESS_SHIFT);
}

}  // namespace lb::dataplane
