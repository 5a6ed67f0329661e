// SPDX-License-Identifier: Apache-2.0
/// openapi: the parts of docs/openapi.yaml that follow from what the code has as tables: routes,
/// bodies, and the keys of answers (docs/decisions/0047-what-is-generated.md).
#pragma once

#include <string>

namespace lb::api {

/// Every path: its method, who may ask, its body, its parameters, its answers.
std::string openapi_paths();

/// The schema of every request's body.
std::string openapi_requests();

/// The schema of every answer that is JSON, and of what is in them; not of a plan, which has a
/// file.
std::string openapi_answers();

}  // namespace lb::api
