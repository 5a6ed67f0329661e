// SPDX-License-Identifier: Apache-2.0
#include "api/openapi.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <vector>

#include "api/endpoints.hpp"

namespace lb::api {
namespace {

/// The answers that are not as asked, as the page names them, and the parameters in a path.
const std::map<std::string, std::string> kStatuses{
    {"Invalid", "400"},  {"Forbidden", "403"}, {"Unknown", "404"}, {"Refused", "409"},
    {"TooLarge", "413"}, {"Failed", "500"},    {"Busy", "503"},    {"NotReady", "503"}};
const std::map<std::string, std::string> kParameters{
    {"{name}", "Name"}, {"{pool}", "PoolName"}, {"{number}", "Number"}};

constexpr auto kDoors =
    "    servers:\n"
    "      - {url: \"http://lbd\", description: \"Any name does, on the unix socket\"}\n"
    "      - {url: \"http://127.0.0.1:9677\", description: \"On loopback, with http.listen\"}\n";

std::vector<std::string> cut(std::string_view text, char at) {
    std::vector<std::string> pieces;
    while (!text.empty()) {
        const auto end = std::min(text.find(at), text.size());
        if (end > 0) pieces.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return pieces;
}

std::string reference(const std::string& kind, const std::string& name) {
    return "{$ref: \"#/components/" + kind + "/" + name + "\"}";
}

std::string json_of(const std::string& schema) {
    return "{application/json: {schema: " + schema + "}}";
}

std::string content_of(const std::string& answer) {
    if (answer.find('/') != answer.npos) return "{" + answer + ": {schema: {type: string}}}";
    const bool is_file = answer.find('.') != answer.npos;
    return json_of(is_file ? "{$ref: \"" + answer + "\"}" : reference("schemas", answer));
}

const char* word(Audience audience) {
    static constexpr std::array kWords{"everybody", "readers", "changers"};
    return kWords.at(static_cast<std::size_t>(audience));
}

std::string parameters(const Route& route) {
    std::string text;
    const auto add = [&](const std::string& name) {
        text += "      - $ref: \"#/components/parameters/" + name + "\"\n";
    };
    for (const auto& segment : cut(route.pattern, '/'))
        if (segment.starts_with('{')) add(kParameters.at(segment));
    for (const auto& name : cut(route.query, ' '))
        add(name);
    return text.empty() ? text : "    parameters:\n" + text;
}

/// By status.  Whoever sends a body can get it wrong, or too large.
std::map<std::string, std::string> refusals(const Route& route) {
    auto names = cut(route.refusals, ' ');
    if (route.body) names.insert(names.end(), {"Invalid", "TooLarge"});
    if (route.audience == Audience::changers) names.emplace_back("Forbidden");
    std::map<std::string, std::string> by_status;
    for (const auto& name : names)
        by_status[kStatuses.at(name)] = name;
    return by_status;
}

std::string request_of(const RequestBody& body) {
    return std::string{"      requestBody:\n        required: "} +
           (body.may_be_absent ? "false" : "true") +
           "\n        content: " + json_of(reference("schemas", std::string{body.name})) + "\n";
}

std::string method_of(const Route& route) {
    return std::string{route.method} == "GET" ? "get" : "post";
}

std::string operation(const Route& route) {
    std::string text = "    " + method_of(route) + ":\n";
    text += std::string{"      operationId: "} + route.operation + "\n";
    text += std::string{"      summary: "} + route.summary + "\n";
    text += std::string{"      x-lbd-audience: "} + word(route.audience) + "\n";
    text += "      x-lbd-largest-body: " + std::to_string(route.largest_body) + "\n";
    if (route.body) text += request_of(*route.body);
    text += "      responses:\n        \"200\":\n          description: As asked\n";
    text += "          content: " + content_of(route.answer) + "\n";
    for (const auto& [status, name] : refusals(route))
        text += "        \"" + status + "\": " + reference("responses", name) + "\n";
    return text;
}

std::string schema_of(const Key& key) {
    switch (key.shape) {
        case Shape::text:
            return "{type: string}";
        case Shape::line:
            return reference("schemas", "OneLine");
        case Shape::words:
            return "{allOf: [" + reference("schemas", "OneLine") +
                   "], maxLength: " + std::to_string(kLongestWords) + "}";
        case Shape::flag:
            return R"({enum: [true, false, "true", "false"]})";
        case Shape::number:
            return R"({type: string, pattern: "^[0-9]+$"})";
        case Shape::generation:
            return R"({type: string, pattern: "^([1-9][0-9]*)?$"})";
        case Shape::duration:
            return R"({type: string, pattern: "^[0-9]+(ms|s|m|h)$"})";
        case Shape::state:
            return "{enum: [ready, drain, maint]}";
        case Shape::accepts:
            return reference("schemas", "Accepts");
        case Shape::names:
            break;
    }
    return "{type: array, items: {type: string}}";
}

std::string properties(const RequestBody& body) {
    std::string keys, required;
    for (const auto& some : {body.keys, body.shared})
        for (const auto& key : some) {
            keys += "        " + std::string{key.name} + ": " + schema_of(key) + "\n";
            if (!key.missing.empty())
                required += (required.empty() ? "" : ", ") + std::string{key.name};
        }
    if (keys.empty()) return "      maxProperties: 0\n";
    return (required.empty() ? "" : "      required: [" + required + "]\n") +
           "      properties:\n" + keys;
}

}  // namespace

std::string openapi_paths() {
    std::string text;
    for (const auto& route : endpoints()) {
        text += std::string{"  "} + route.pattern + ":\n";
        if (route.audience == Audience::everybody) text += kDoors;
        text += parameters(route) + operation(route);
    }
    return text;
}

std::string openapi_requests() {
    std::string text;
    std::vector<const RequestBody*> told;
    for (const auto& route : endpoints()) {
        if (!route.body || std::ranges::count(told, route.body) > 0) continue;
        told.push_back(route.body);
        text += "    " + std::string{route.body->name} +
                ":\n      description: " + std::string{route.body->meaning} +
                "\n      type: object\n      additionalProperties: false\n" +
                properties(*route.body);
    }
    return text;
}

}  // namespace lb::api
