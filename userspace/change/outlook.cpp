// SPDX-License-Identifier: Apache-2.0
#include "change/outlook.hpp"

namespace lb::change {
namespace {

bool is_short(const plan::Standing& standing) {
    return standing.healthy < standing.floor;
}

bool closes(const plan::Standing& was, const plan::Standing& is) {
    return is.mode == plan::PoolMode::fail_closed && was.mode != plan::PoolMode::fail_closed;
}

}  // namespace

std::map<std::string, checklist::VipOutlook> outlook(const Spec& before, const plan::Standings& now,
                                                     const Spec& after,
                                                     const plan::Standings& then) {
    std::map<std::string, checklist::VipOutlook> found;
    for (const auto& [name, vip] : after.vips) {
        const auto& will_be = then.at(front_of(after, vip));
        const auto old = before.vips.find(name);
        if (old == before.vips.end()) {
            found[name] = {0, will_be.healthy, will_be.floor, true};
            continue;
        }
        const auto& was = now.at(front_of(before, old->second));
        found[name] = {was.healthy, will_be.healthy, will_be.floor, false,
                       is_short(will_be) && (!is_short(was) || closes(was, will_be))};
    }
    return found;
}

}  // namespace lb::change
