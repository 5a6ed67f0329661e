// SPDX-License-Identifier: Apache-2.0
#include "model/tables.hpp"

namespace lb {

const char* text(lb_backend_state state) {
    if (state == LB_BACKEND_READY) return "ready";
    return state == LB_BACKEND_DRAIN ? "drain" : "off";
}

}  // namespace lb
