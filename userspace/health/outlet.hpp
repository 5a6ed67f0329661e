// SPDX-License-Identifier: Apache-2.0
/// Outlet: the sockets that lbd-check may not open itself.
///
/// A check that travels to a vip as a client's packet does needs a marked socket, an ICMP check a
/// raw one.  lbd opens them, for an attempt or for all of a check as long as they pass (kept.hpp);
/// the daemon says how (daemon/outlet.hpp).
#pragma once

#include <cstdint>
#include <optional>

#include <tl/expected.hpp>

#include "base/fd.hpp"
#include "health/definition.hpp"
#include "model/health.hpp"
#include "model/socket_make.hpp"

namespace lb::health {

struct Opened {
    Fd socket{};                       ///< empty: the one that lbd-check keeps serves
    std::optional<SocketMake> make{};  ///< nothing: it is for one attempt
};

class Outlet {
public:
    virtual ~Outlet() = default;

    /// A socket for an attempt of `definition` at `target`, or what the attempt ended with.
    /// `kept`: of the one that lbd-check has for this check already.
    virtual tl::expected<Opened, CheckResult> open(const Target& target,
                                                   const Definition& definition,
                                                   const std::optional<SocketMake>& kept) = 0;
    /// How many packets of checks have left for `target` so far.
    virtual std::uint64_t sent(const Target& target) const = 0;
    /// What a fail is worth, or a pass: nothing if no packet has left since `sent_before`, or if
    /// this host would have dropped the answer.
    virtual CheckResult prove(const Target& target, const CheckResult& result,
                              std::uint64_t sent_before) = 0;
};

}  // namespace lb::health
