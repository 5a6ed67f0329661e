// SPDX-License-Identifier: Apache-2.0
/// Which regression is looked for after which: R1 to R3 in the health, R4 and R5 in the traffic.
#include "change/verification.hpp"

namespace lb::change {

std::optional<Regression> Verification::look(const Vitals& now, Time at) const {
    for (const auto& name : terms_.vips)
        if (auto found = coverage(now, now.spec.vips.at(name).pool, at)) return found;
    if (auto found = fall(now)) return found;
    for (const auto& name : terms_.vips)
        if (auto found = floor(now, name)) return found;
    return {};
}

std::optional<Regression> Verification::look(const Traffic& now) {
    since_.push_back(now);
    if (auto found = drops(now)) return found;
    for (const auto& name : terms_.vips)
        if (auto found = silence(now, name)) return found;
    return {};
}

}  // namespace lb::change
