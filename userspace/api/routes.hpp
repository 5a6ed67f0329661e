// SPDX-License-Identifier: Apache-2.0
/// Routes: which endpoint a request is for, and whether it may.  endpoints.cpp has all of them,
/// handle.hpp what each does; docs/api.md describes them.
///
/// Pure apart from the calls of the Core: no socket, no HTTP library.  route() judges a request by
/// its head, so that a body nobody may send is not collected.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "api/bodies.hpp"
#include "api/core.hpp"

namespace lb::api {

/// The body of an answer.  Answers may share one: many readers of a long text, slow ones among
/// them, cost no more than one.
class Body {
public:
    Body(std::string text) : text_{std::make_shared<const std::string>(std::move(text))} {}
    Body(const char* text) : Body{std::string{text}} {}
    Body(std::shared_ptr<const std::string> text) : text_{std::move(text)} {}
    const std::shared_ptr<const std::string>& text() const { return text_; }

private:
    std::shared_ptr<const std::string> text_;  // shared by the answers that are on their way
};

struct Response {
    unsigned status = 200;
    Body body = "";
    std::string type = "application/json";
    std::string allow;  ///< of a 405: the methods that the path knows
};

struct Request {
    Caller caller;
    std::map<std::string, std::string> query;
    std::string body;
    std::vector<std::string> names;  ///< what the `{...}` of the pattern stood for
};

using Respond = std::function<void(Response)>;

/// The way on which a request came in.
enum class Door {
    socket,    ///< the unix socket: the kernel says who asks
    loopback,  ///< TCP: anybody on this host, who may read a little and change nothing
};

/// Who may ask for a path.
enum class Audience {
    everybody,  ///< at each door
    readers,    ///< who can open the socket
    changers,   ///< of those, who may change things
};

struct Route {
    const char* method;
    const char* pattern;  ///< "{name}" stands for one segment of the path
    Audience audience;
    std::size_t largest_body;
    void (*handle)(Core& core, const Request& request, Respond respond);
    // What docs/openapi.yaml says of it.
    const char* operation;
    const char* summary;
    const char* answer;    ///< a schema; with a slash: a type of text, or a file
    const char* refusals;  ///< besides those that follow from the rest: "Unknown Failed"
    const RequestBody* body = nullptr;  ///< of a POST
    const char* query = "";             ///< its parameters, behind the path
};

/// A route, and the names in the path.
struct Match {
    const Route* route;
    std::vector<std::string> names;
};

/// The route of `method` and `path`, or the 403, 404 or 405 that the caller gets.
std::variant<Match, Response> route(const std::string& method, const std::string& path,
                                    const Caller& caller, Door door = Door::socket);

/// The refusal as a document, with the status of its kind.
Response refused(const Refusal& refusal);
Response too_large(std::size_t largest_body);
/// To a request at Door::loopback that was meant for another host.
Response wrong_host(const std::string& host);

}  // namespace lb::api
