// SPDX-License-Identifier: Apache-2.0
/// Spec x standings x where things lie -> everything the maps should hold.  Pure.
///
/// What exists keeps its number, index and place; what is new takes the lowest free one.  An index
/// or a range of slots that `layout` still names is not free, even if nothing uses it any more.  A
/// backend that only `layout` names leaves: it drains until its flows are gone.
#pragma once

#include "base/result.hpp"
#include "plan/homes.hpp"
#include "plan/slots.hpp"
#include "plan/standing.hpp"

namespace lb::plan {

/// How the maps know a backend again: the same for as long as names, addresses and forward
/// mode are the same.
std::uint64_t identity(const Target& target, const Address& address, ForwardMode forward);

/// When the tables are made.
struct Moment {
    std::uint64_t generation = 0;
    Nanoseconds now = 0;
};

/// A backend that is not of the spec, or not like this: it has an entry and no packet, so that it
/// can be checked.
struct Guest {
    Target target;
    Address address;
    ForwardMode forward = ForwardMode::ipip;
};

/// Those backends of `spec` that `published` does not have, or not like this.
std::vector<Guest> guests(const Spec& spec, const Tables& published);

/// Guests are not among the backends: they are in `guests`.
///
/// `homes` remembers what it has been asked for: same result, sooner.
/// Fails when vips, backends or slots do not fit into the maps, and says which and by how much.
Result<Tables> tables(const Spec& spec, Homes& homes, const Standings& standings,
                      const Layout& layout, Moment moment, const std::vector<Guest>& guests = {});

/// The backends of `front` as its vips' slots may choose them.
std::vector<Candidate> candidates(const Front& front, const Pool& spec, const Standing& standing,
                                  const Tables& tables);

/// Which backends of the tables, leaving ones included, may have packets of flows they know.
Usable usable(const Tables& tables);

}  // namespace lb::plan
