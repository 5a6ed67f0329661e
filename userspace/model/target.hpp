// SPDX-License-Identifier: Apache-2.0
/// Who is checked, and where: a backend at one address of its vips.
///
/// A backend may serve one vip and not the next: the tunnel, the address on its loopback device
/// and the server behind it are each vip's own.  So a verdict belongs to a target, and what pools
/// decide (floor, fail_open) is decided for each front.  Where checks go to the backend's own
/// address (check_via: direct) there is one front, which all vips of the pool share.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/address.hpp"
#include "model/spec.hpp"

namespace lb {

/// A pool as its vips at one address see it.
struct Front {
    std::string pool;
    std::optional<Address> via{};  ///< the vips' address; nothing: whichever
    auto operator<=>(const Front&) const = default;
    std::string text() const;  ///< "web", "web at 192.0.2.10"
};

/// A backend as its front sees it.
struct Target {
    Front front;
    std::string backend;
    auto operator<=>(const Target&) const = default;
    BackendId id() const { return {front.pool, backend}; }
    std::string text() const;  ///< "web/web-1", "web/web-1 at 192.0.2.10"
};

/// Whether `pool` is checked at its vips: it has some, and its check does not say `direct`.
bool is_checked_at_vips(const Spec& spec, const std::string& pool);
/// In order, at least one.
std::vector<Front> fronts(const Spec& spec, const std::string& pool);
Front front_of(const Spec& spec, const Vip& vip);
/// One for each front.
std::vector<Target> targets(const Spec& spec, const BackendId& id);
/// All of them, in order.
std::vector<Target> targets(const Spec& spec);

}  // namespace lb
