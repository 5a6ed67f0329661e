// SPDX-License-Identifier: Apache-2.0
/// Backends that a verdict took away a moment ago.  Pure.
///
/// One verdict may be the first of many, and what took them all is then no fault of theirs:
/// fail_open gives them back.  Clients that said nothing meanwhile still have their connections, if
/// their slots are as they were.  So a slot keeps the place of its backend for as long as that is
/// likely, and flows are remembered at its stand-in: MOVING(stand-in, absent), docs/packet.md.
#pragma once

#include <map>

#include "model/spec.hpp"
#include "plan/slots.hpp"

namespace lb::plan {

/// Whatever takes every backend of a pool takes the last one so long after the first.
Nanoseconds doubt(const Pool& pool);

/// Those of one front.  `refused`: how many flows of its vips could not be remembered so far.
class Absences {
public:
    void begin(std::uint32_t index, Nanoseconds until, std::uint64_t refused);
    void end(std::uint32_t index) { until_.erase(index); }
    /// Ends those whose time is over; true: there were any.
    bool end_by(Nanoseconds now);
    /// A flow could not be remembered since the first of them went: if one came back, it would be
    /// taken for one of its.
    bool are_uncertain(std::uint64_t refused) const {
        return !until_.empty() && refused != refused_;
    }
    /// Their slots are kept for them, too.
    void add_to(Usable& keepers) const;

private:
    std::map<std::uint32_t, Nanoseconds> until_;  // by index in the maps
    std::uint64_t refused_ = 0;                   // when the first of them went
};

}  // namespace lb::plan
