// SPDX-License-Identifier: Apache-2.0
/// Cells: how one value of a document looks, the same in tables and in descriptions.
#pragma once

#include <string>

#include "cli/table.hpp"
#include "model/view.hpp"

namespace lb::cli {

Ink ink_of(HealthState state);
Ink ink_of(AdminState state);
Ink ink_of_mode(const std::string& mode);
Ink ink_of(lb::Outcome outcome);

/// "none" where there is nothing.
std::string or_none(const std::string& text);
std::string address_of(const VipView& vip);
/// "2/3"
Cell healthy_cell(int healthy, int ready);
int healthy_in(const PoolView& pool);
int ready_in(const PoolView& pool);
int eligible_in(const PoolView& pool);
/// Of its backends together.
Count count_of(const PoolView& pool);
/// "50", and who has set it for what reason.
std::string weight_of(const BackendView& backend);
/// Why it is in its health state, and who set its admin state or its weight for what reason.
std::string why(const BackendView& backend);
/// How many of its clients' handshakes it answered: "98.2% ±1.1", and how fast.
Cell handshakes_cell(const Testimony& witness);
Cell latency_cell(const Testimony& witness);
/// Of the last check: "backend.status 503", "0.4 ms".
Cell result_cell(const BackendHealth& health);
Cell took_cell(const BackendHealth& health);
/// At each address of its vips: "192.0.2.10 UP, 2001:db8::10 DOWN".
std::string each_target(const BackendView& backend);

}  // namespace lb::cli
