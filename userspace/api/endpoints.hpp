// SPDX-License-Identifier: Apache-2.0
/// Who may ask for which path, and what handles it (handle.hpp).  Every path is here, once.
#pragma once

#include <span>

#include "api/routes.hpp"

namespace lb::api {

std::span<const Route> endpoints();

}  // namespace lb::api
