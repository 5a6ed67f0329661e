// SPDX-License-Identifier: Apache-2.0
/// How long a backend that drains may keep the flows it has.  Pure.
#pragma once

#include "model/tables.hpp"

namespace lb::plan {

struct Drain {
    lb_backend_state state = LB_BACKEND_OFF;
    Nanoseconds until = 0;
};

/// A backend that is to drain, READY or not before, does so for `timeout` from the moment it was
/// first said (`until`, 0: now), then it is OFF.  Another state ends draining.
constexpr Drain drain(lb_backend_state wanted, Nanoseconds until, Nanoseconds timeout,
                      Nanoseconds now) {
    if (wanted != LB_BACKEND_DRAIN) return {wanted, 0};
    if (until == 0) until = now + timeout;
    return {now < until ? LB_BACKEND_DRAIN : LB_BACKEND_OFF, until};
}

}  // namespace lb::plan
