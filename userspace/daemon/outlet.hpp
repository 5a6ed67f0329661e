// SPDX-License-Identifier: Apache-2.0
/// Outlet: where the checks' sockets come from that lbd-check may not open: the dataplane, by the
/// place that a target has in the tables.
#pragma once

#include <functional>

#include "dataplane/dataplane.hpp"
#include "health/outlet.hpp"

namespace lb::daemon {

class Outlet final : public health::Outlet {
public:
    /// `find`: the entry of a target, nullptr where it has none.
    using Find = std::function<const BackendEntry*(const Target&)>;
    Outlet(dataplane::Dataplane& dataplane, Find find)
        : dataplane_{dataplane}, find_{std::move(find)} {}

    tl::expected<Opened, CheckResult> open(const Target& target,
                                           const health::Definition& definition) override;
    CheckResult prove(const Target& target, const CheckResult& result,
                      std::uint64_t sent_before) override;

private:
    CheckResult proved_directly(const Target& target, const CheckResult& result) const;

    dataplane::Dataplane& dataplane_;
    Find find_;
};

}  // namespace lb::daemon
