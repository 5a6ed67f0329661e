// SPDX-License-Identifier: Apache-2.0
/// openapi: the parts of docs/openapi.yaml that follow from the tables of routes and of bodies.
///
/// The answers' schemas are written by hand there, and held against real answers
/// (docs/decisions/0047-what-is-generated.md).
#pragma once

#include <string>

namespace lb::api {

/// Every path: its method, who may ask, its body, its parameters, its answers.
std::string openapi_paths();

/// The schema of every request's body.
std::string openapi_requests();

}  // namespace lb::api
