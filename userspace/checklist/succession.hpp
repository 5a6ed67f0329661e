// SPDX-License-Identifier: Apache-2.0
/// succession: whose place a pool takes in a change.  Pure.
///
/// A check is lost, or weakened, for somebody: the clients of a vip, which may be led to another
/// pool, and a backend, which may be moved to one.  So a pool is compared with all of those whose
/// vips and backends it gets, and not only with the one that had its name.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "model/spec.hpp"

namespace lb::checklist {

/// From pool `before` to pool `after`; of one name: it stays.
struct Succession {
    std::string before, after;
    std::set<std::string> vips{};      ///< of `after`: `before` had their packets
    std::set<std::string> backends{};  ///< of `after`: they have left `before`

    bool stays() const { return before == after; }
    /// "vip \"shop\" from pool \"web\"", "2 backends from pool \"web\""; not of a pool that stays.
    std::string text() const;
};

/// A vip is the same where it has an address, a protocol and a port in common; or, if all of them
/// are others, by its name.  A backend is its address.
std::vector<Succession> successions(const Spec& before, const Spec& after);

bool is_checked(const Pool& pool);
/// The pool before was checked, and the one that takes its place is not.
bool loses_its_check(const Succession& succession, const Spec& before, const Spec& after);

}  // namespace lb::checklist
