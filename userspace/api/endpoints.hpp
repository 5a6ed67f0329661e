// SPDX-License-Identifier: Apache-2.0
/// What each path asks of the Core, and who may ask.  Every path is here, once.
#pragma once

#include <span>

#include "api/routes.hpp"

namespace lb::api {

std::span<const Route> endpoints();

}  // namespace lb::api
