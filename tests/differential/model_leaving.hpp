// SPDX-License-Identifier: Apache-2.0
/// What leaves for a backend, for the model.
#pragma once

#include "model.hpp"

namespace lb::test::model {

/// A forwarding verdict with answer.frame and answer.redirect filled in, or why it is dropped.
lb_verdict forward(const Tables& tables, const Bytes& frame, const Seen& seen, std::uint64_t hash,
                   std::uint32_t ingress, Answer& answer);

}  // namespace lb::test::model
