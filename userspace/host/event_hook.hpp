// SPDX-License-Identifier: Apache-2.0
/// event_hook: whether lbd could run a program, and nobody but root can change what it does.
#pragma once

#include <string>

#include "base/result.hpp"
#include "model/host.hpp"

namespace lb::host {

/// An Error if we may not look.
Result<Obstacle> obstacle_of(const std::string& program);

}  // namespace lb::host
