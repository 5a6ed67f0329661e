// SPDX-License-Identifier: Apache-2.0
/// What each path asks of the Core, and what it makes of the answer.
#pragma once

#include "api/routes.hpp"

namespace lb::api::handle {

using Handler = void(Core& core, const Request& request, Respond respond);

// What only looks: handle_reading.cpp.
Handler healthz, readyz, metrics;
Handler status_page, page_style, page_script, page_icon;
Handler version, status, config, diff, events, explain;
Handler list_vips, list_pools, list_backends, show_vip, show_pool, show_backend;
Handler history, generation, stored_config, stored_plan;

// What changes something, or would: handle_changing.cpp.
Handler plan, apply, rollback, confirm;
Handler override_state, override_weight;
Handler probe, capture, audit, add_note, detach;

}  // namespace lb::api::handle
