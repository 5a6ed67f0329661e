// SPDX-License-Identifier: Apache-2.0
/// userspace/change/verification_rails.cpp without what is off (rails.hpp).
#include "change/verification.hpp"
#include "unguarded/rails.hpp"

namespace lb::change {

using unguarded::is_off;

std::optional<Regression> Verification::look(const Vitals& now, Time at) const {
    if (!is_off("R1"))
        for (const auto& name : terms_.vips)
            if (auto found = coverage(now, now.spec.vips.at(name).pool, at)) return found;
    if (!is_off("R2"))
        if (auto found = fall(now)) return found;
    if (!is_off("R3"))
        for (const auto& name : terms_.vips)
            if (auto found = floor(now, name)) return found;
    return {};
}

std::optional<Regression> Verification::look(const Traffic& now) {
    since_.push_back(now);
    if (!is_off("R4"))
        if (auto found = drops(now)) return found;
    if (!is_off("R5"))
        for (const auto& name : terms_.vips)
            if (auto found = silence(now, name)) return found;
    return {};
}

}  // namespace lb::change
