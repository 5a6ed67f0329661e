// SPDX-License-Identifier: Apache-2.0
#include "api/routes.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include "api/endpoints.hpp"
#include "model/json.hpp"

namespace lb::api {
namespace {

unsigned status_of(Refusal::Kind kind) {
    switch (kind) {
        case Refusal::Kind::invalid:
            return 400;
        case Refusal::Kind::permission:
            return 403;
        case Refusal::Kind::unknown:
            return 404;
        case Refusal::Kind::refused:
            return 409;
        case Refusal::Kind::busy:
            return 503;
        case Refusal::Kind::failed:
            break;
    }
    return 500;
}

std::string_view cut_segment(std::string_view& path) {
    const auto slash = std::min(path.find('/'), path.size());
    const auto segment = path.substr(0, slash);
    path.remove_prefix(std::min(slash + 1, path.size()));
    return segment;
}

Response wrong_method(const std::string& method, const std::string& allowed) {
    auto response =
        refused({Refusal::Kind::invalid, method + ": this path knows only " + allowed, {}});
    response.status = 405;
    response.allow = allowed;
    return response;
}

/// The names in `path` if it has the shape of `pattern`.
std::optional<std::vector<std::string>> match(std::string_view pattern, std::string_view path) {
    if (std::count(pattern.begin(), pattern.end(), '/') !=
        std::count(path.begin(), path.end(), '/'))
        return std::nullopt;
    std::vector<std::string> names;
    while (!pattern.empty() || !path.empty()) {
        const auto wanted = cut_segment(pattern);
        const auto segment = cut_segment(path);
        if (wanted.starts_with('{') && !segment.empty())
            names.emplace_back(segment);
        else if (wanted != segment)
            return std::nullopt;
    }
    return names;
}

}  // namespace

Response refused(const Refusal& refusal) {
    return {status_of(refusal.kind), json::print(refusal), "application/json", ""};
}

Response too_large(std::size_t largest_body) {
    auto response = refused({Refusal::Kind::invalid,
                             "body: larger than " + std::to_string(largest_body) + " bytes",
                             {}});
    response.status = 413;
    return response;
}

Response wrong_host(const std::string& host) {
    return refused({Refusal::Kind::permission,
                    "Host \"" + host + "\" is not this one: ask for localhost, or for an address",
                    {}});
}

std::variant<Match, Response> route(const std::string& method, const std::string& path,
                                    const Caller& caller, Door door) {
    const auto wanted = method == "HEAD" ? "GET" : method;
    if (door == Door::loopback && wanted != "GET") return wrong_method(method, "GET, HEAD");
    std::string allowed;
    for (const auto& candidate : endpoints()) {
        if (door == Door::loopback && candidate.audience != Audience::everybody) continue;
        auto names = match(candidate.pattern, path);
        if (!names) continue;
        if (candidate.method != wanted) {
            allowed += (allowed.empty() ? "" : ", ") + std::string{candidate.method};
            continue;
        }
        if (candidate.audience == Audience::changers && !caller.may_change)
            return refused({Refusal::Kind::permission,
                            "only root and group lbd-admin may change things, not uid " +
                                std::to_string(caller.uid),
                            {}});
        return Match{&candidate, std::move(*names)};
    }
    if (allowed.empty())
        return refused({Refusal::Kind::unknown, "no such path; docs/api.md lists them", {}});
    return wrong_method(method, allowed);
}

}  // namespace lb::api
