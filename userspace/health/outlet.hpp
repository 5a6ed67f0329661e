// SPDX-License-Identifier: Apache-2.0
/// Outlet: the sockets that lbd-check may not open itself.
///
/// A check that travels to a vip as a client's packet does needs a marked socket, an ICMP check a
/// raw one.  lbd opens them, one for each attempt; the daemon says how (daemon/outlet.hpp).
#pragma once

#include <cstdint>

#include <tl/expected.hpp>

#include "base/fd.hpp"
#include "health/definition.hpp"
#include "model/health.hpp"

namespace lb::health {

class Outlet {
public:
    virtual ~Outlet() = default;

    struct Opened {
        Fd socket;
        std::uint64_t sent = 0;  ///< packets of checks that have left for the target so far
    };
    /// For one attempt of `definition` at `target`, or what the attempt ended with.
    virtual tl::expected<Opened, CheckResult> open(const Target& target,
                                                   const Definition& definition) = 0;
    /// What a fail is worth, or a pass: nothing if no packet has left since `sent_before`, or if
    /// this host would have dropped the answer; sent directly, if the network has only come back.
    virtual CheckResult prove(const Target& target, const CheckResult& result,
                              std::uint64_t sent_before) = 0;
};

}  // namespace lb::health
