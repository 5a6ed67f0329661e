// SPDX-License-Identifier: Apache-2.0
/// What leaves for a backend, for the model.
#pragma once

#include <optional>

#include "model_answer.hpp"
#include "model_tables.hpp"

namespace lb::test::model {

/// A forwarding verdict with answer.frame and answer.redirect filled in, or why it is dropped: of
/// several reasons the first of next hop, forward mode, size, time to live, outer source.
lb_verdict forward(const Tables& tables, const Bytes& frame, const Seen& seen,
                   std::uint32_t ingress, Answer& answer);

/// The largest IP packet that gets to a backend; nothing if the tunnel has no room for any.
std::optional<std::size_t> room_for(const Tables& tables, std::uint32_t backend);

}  // namespace lb::test::model
