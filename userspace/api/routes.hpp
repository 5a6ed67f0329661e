// SPDX-License-Identifier: Apache-2.0
/// Routes: which path asks the Core for what.  docs/api.md describes each.
///
/// Pure apart from the calls of the Core: no socket, no HTTP library.  route() judges a request by
/// its head, so that a body nobody may send is not collected.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "api/core.hpp"

namespace lb::api {

struct Response {
    unsigned status = 200;
    std::string body;
    std::string type = "application/json";
    std::string allow;  ///< of a 405: the methods that the path knows
};

struct Request {
    Caller caller;
    std::map<std::string, std::string> query;
    std::string body;
    std::vector<std::string> names;  ///< what the `*` of the pattern stood for
};

using Respond = std::function<void(Response)>;

struct Route {
    const char* method;
    const char* pattern;  ///< "*" stands for one segment of the path
    bool needs_change;    ///< only for callers who may change things
    std::size_t largest_body;
    void (*handle)(Core& core, const Request& request, Respond respond);
};

/// A route, and the names in the path.
struct Match {
    const Route* route;
    std::vector<std::string> names;
};

/// The route of `method` and `path`, or the 403, 404 or 405 that the caller gets.
std::variant<Match, Response> route(const std::string& method, const std::string& path,
                                    const Caller& caller);

/// The refusal as a document, with the status of its kind.
Response refused(const Refusal& refusal);
Response too_large(std::size_t largest_body);

}  // namespace lb::api
