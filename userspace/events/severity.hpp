// SPDX-License-Identifier: Apache-2.0
/// severity: whether somebody should hear of an event now, and how urgently.  Pure.
#pragma once

#include <optional>

#include "model/event.hpp"
#include "model/finding.hpp"

namespace lb::events {

/// error: clients may feel it, or lbd had to undo something.  warning: it is worth a look today.
/// Nothing: it went as somebody wanted, or it is over.
std::optional<Severity> severity(const Event& event);

}  // namespace lb::events
